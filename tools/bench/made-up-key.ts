import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A key of the right form and checksum that was never issued. */
export function madeUpKey(): string {
  const body = `fk_${Array.from(randomBytes(43), (byte) => digits[byte % 62]).join('')}`;
  let rest = crc32(body);
  let sum = '';
  for (let index = 0; index < 6; index++) {
    sum = `${digits[rest % 62] as string}${sum}`;
    rest = Math.floor(rest / 62);
  }
  return `${body}_${sum}`;
}
