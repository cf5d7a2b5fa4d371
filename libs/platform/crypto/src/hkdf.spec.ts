import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { deriveKey, secretKeyWeakness } from './hkdf.ts';

describe('a derived key', () => {
  it('is the same for the same secret key and purpose, and another for any other', async () => {
    const key = randomBytes(32).toString('base64url');
    const hex = async (secret: string, purpose: string) =>
      Buffer.from(await deriveKey(secret, purpose)).toString('hex');
    expect(await hex(key, 'one')).toMatch(/^[0-9a-f]{64}$/);
    expect(await hex(key, 'one')).toBe(await hex(key, 'one'));
    expect(await hex(key, 'two')).not.toBe(await hex(key, 'one'));
    expect(await hex(`${key}x`, 'one')).not.toBe(await hex(key, 'one'));
  });

  it('never changes between releases', async () => {
    const derived = await deriveKey('a secret key of the year 2026, for this test', 'test vector');
    // HKDF-SHA-256 with salt "flowkeep", computed apart.
    expect(Buffer.from(derived).toString('hex')).toBe(
      '7dd7f216561403c295a62d8a95b2015bc17e5fd8f9e98c0b73014c4c0c044763',
    );
  });
});

describe('a secret key', () => {
  it.each([
    ['', 'at least 32'],
    ['x'.repeat(31), 'at least 32'],
    ['a'.repeat(64), 'guess'],
    ['changeme'.repeat(4), 'guess'],
    ['0123456789abcdefghijklmnopqrstuvwxyz', 'guess'],
    ['zyxwvutsrqponmlkjihgfedcba9876543210', 'guess'],
    ['abababababcdcdcdcdcdababababababab', 'guess'],
  ])('is refused: %j', (text, reason) => {
    expect(secretKeyWeakness(text)).toContain(reason);
  });

  it('is accepted when its characters are random, in base64 and in hex', () => {
    for (const form of ['hex', 'base64url'] as const) {
      const made = Array.from({ length: 500 }, () => randomBytes(32).toString(form));
      expect(made.map(secretKeyWeakness).filter((weakness) => weakness !== null)).toEqual([]);
    }
  });
});
