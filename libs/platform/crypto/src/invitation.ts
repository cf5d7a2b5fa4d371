import { randomBytes } from 'node:crypto';
import { toBase62 } from './base62.ts';

const bodyDigits = 43;

/** Makes an invitation: `fki_` and 256 random bits in 43 base-62 digits. */
export function generateInvitation(): string {
  return `fki_${toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), bodyDigits)}`;
}
