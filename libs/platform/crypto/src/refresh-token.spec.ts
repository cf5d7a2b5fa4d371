import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { generateRefreshToken, isRefreshTokenForm, nextRefreshToken } from './refresh-token.ts';

it('makes tokens of one form, each another', () => {
  const tokens = Array.from({ length: 200 }, () => generateRefreshToken());
  expect(new Set(tokens).size).toBe(200);
  for (const token of tokens) expect(token).toMatch(/^fkr_[0-9A-Za-z]{43}$/);
});

it('derives one successor from token and secret, and another when either differs', () => {
  const [token, secret] = [generateRefreshToken(), randomBytes(32)];
  const next = nextRefreshToken(token, secret);
  expect(nextRefreshToken(token, secret)).toBe(next);
  expect(isRefreshTokenForm(next)).toBe(true);
  expect(nextRefreshToken(generateRefreshToken(), secret)).not.toBe(next);
  expect(nextRefreshToken(token, randomBytes(32))).not.toBe(next);
});

it.each([
  '',
  'fkr_',
  `fk_${'a'.repeat(43)}`,
  `fkr_${'a'.repeat(42)}`,
  `fkr_${'a'.repeat(44)}`,
  `fkr_${'-'.repeat(43)}`,
])('does not take %j for one', (text) => {
  expect(isRefreshTokenForm(text)).toBe(false);
});
