import { createHmac, randomBytes } from 'node:crypto';
import { toBase62 } from './base62.ts';

const bodyDigits = 43;

const form = /^fkr_[0-9A-Za-z]{43}$/;

/** Makes the first refresh token of a session: `fkr_` and 256 random bits in 43 base-62 digits. */
export function generateRefreshToken(): string {
  return tokenOf(randomBytes(32));
}

/** Whether `text` has the form of our refresh tokens. Says nothing about whether the token exists. */
export function isRefreshTokenForm(text: string): boolean {
  return form.test(text);
}

/**
 * The refresh token that follows `token`: the same one whenever it is asked for with the same secret, and as hard to
 * guess as a random one without either of the two.
 *
 * @param secret 32 random bytes made for this one step
 */
export function nextRefreshToken(token: string, secret: Uint8Array): string {
  return tokenOf(createHmac('sha256', secret).update(token).digest());
}

function tokenOf(bytes: Buffer): string {
  return `fkr_${toBase62(BigInt(`0x${bytes.toString('hex')}`), bodyDigits)}`;
}
