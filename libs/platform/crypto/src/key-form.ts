import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { digits, toBase62 } from './base62.ts';

/**
 * The form of an API key: `fk_`, 43 base-62 digits that hold 256 random bits, `_`, and the CRC-32 of everything before
 * it in 6 base-62 digits. The checksum tells a mistyped or made-up key offline; it proves nothing.
 */
const form = /^fk_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/;

const bodyDigits = 43;
const checksumDigits = 6;

/** How much of a key may be shown: enough to recognise it by, far too little to guess it. */
export interface KeyHint {
  readonly prefix: string;
  readonly last4: string;
  readonly length: number;
}

/** Makes a new key. */
export function generateKey(): string {
  const body = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), bodyDigits);
  return `fk_${body}_${checksum(`fk_${body}`)}`;
}

/** Whether `text` claims to be one of our keys. Keys imported from elsewhere have other forms. */
export function claimsKeyForm(text: string): boolean {
  return text.startsWith('fk_');
}

/** Whether `text` has the form of our keys and its checksum is right. Says nothing about whether the key exists. */
export function isKeyForm(text: string): boolean {
  return form.test(text) && text.endsWith(checksum(text.slice(0, -checksumDigits - 1)));
}

/** The SHA-256 by which a key is stored and looked up, in hex. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** What lists show of a key: its first 8 characters and the last 4 of its body. */
export function keyHint(key: string): KeyHint {
  const body = isKeyForm(key) ? key.slice(0, -checksumDigits - 1) : key;
  return { prefix: key.slice(0, 8), last4: body.slice(-4), length: key.length };
}

function checksum(text: string): string {
  let rest = crc32(text);
  let written = '';
  for (let index = 0; index < checksumDigits; index++) {
    written = digits.charAt(rest % 62) + written;
    rest = Math.floor(rest / 62);
  }
  return written;
}
