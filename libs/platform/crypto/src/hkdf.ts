import { hkdf } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(hkdf);

const keyBytes = 32;

const minSecretKeyLength = 32;
const minDistinctCharacters = 8;
/** A unit of up to this many characters, written over and over, is no secret. */
const longestRepeatedUnit = 16;
/** Share of neighbours that follow each other (`abc`, `321`, `aaa`) from which a text counts as typed in order. */
const orderedShare = 0.6;

/**
 * Derives the key for one purpose, so that no two uses of the secret key ever meet.
 *
 * @param secretKey a text with the strength of a key; a password would need a slow function
 * @param purpose for example `flowkeep vault data-key wrap v1`
 * @returns 32 bytes
 */
export async function deriveKey(secretKey: string, purpose: string): Promise<Uint8Array> {
  return new Uint8Array(await derive('sha256', secretKey, 'flowkeep', purpose, keyBytes));
}

/**
 * Says why a secret key must not be used, or null.
 *
 * @returns the end of a sentence that begins with where the key came from; never a part of the key
 */
export function secretKeyWeakness(secretKey: string): string | null {
  if (secretKey.length < minSecretKeyLength) return `must have at least ${minSecretKeyLength} characters`;
  if (new Set(secretKey).size < minDistinctCharacters || isRepetition(secretKey) || isOrdered(secretKey)) {
    return 'is too easy to guess: use random characters, for example of "openssl rand -base64 32"';
  }
  return null;
}

/** @throws Error with one line that names where the key came from, never the key */
export function requireStrongSecretKey({ value, source }: { readonly value: string; readonly source: string }): void {
  const weakness = secretKeyWeakness(value);
  if (weakness !== null) throw new Error(`${source} ${weakness}.`);
}

function isRepetition(text: string): boolean {
  for (let unit = 1; unit <= longestRepeatedUnit; unit++) {
    if (text.slice(unit) === text.slice(0, -unit)) return true;
  }
  return false;
}

function isOrdered(text: string): boolean {
  let ordered = 0;
  for (let index = 1; index < text.length; index++) {
    if (Math.abs(text.charCodeAt(index) - text.charCodeAt(index - 1)) <= 1) ordered++;
  }
  return ordered >= orderedShare * (text.length - 1);
}
