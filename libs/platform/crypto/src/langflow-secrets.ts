import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { decodeText, ForeignSecretError } from './foreign-secret-error.ts';
import { MersenneTwister } from './mersenne-twister.ts';

const keyBytes = 32;
/** From this many characters on Langflow takes a secret key for the encoded key itself. */
const encodedFrom = 32;

const version = 0x80;
const headBytes = 1 + 8;
const ivBytes = 16;
const blockBytes = 16;
const tagBytes = 32;
const tokenForm = /^[A-Za-z0-9_-]+={0,2}$/;

/** What all tokens of this century begin with. */
const tokenStart = 'gAAAAA';

/** Whether Langflow would take a stored value for an encrypted one; others it takes as they are. */
export function isLangflowToken(value: string): boolean {
  return value.startsWith(tokenStart);
}

/**
 * The keys that an installation of Langflow with this `SECRET_KEY` may have encrypted with: one for a long secret key; for
 * a short one that of releases since 1.10.1 and that of those before, which SkillFlaw shares.
 *
 * @returns 32 bytes each; none for a long secret key that Langflow itself would refuse
 */
export function langflowKeys(secretKey: string): Uint8Array[] {
  if (Array.from(secretKey).length < encodedFrom) return [digestKey(secretKey), seededKey(secretKey)];
  const key = decodeLeniently(secretKey);
  return key?.length === keyBytes ? [key] : [];
}

/**
 * Decrypts a value of Langflow's: a Fernet token, however old.
 *
 * @param keys those of {@link langflowKeys}
 * @throws ForeignSecretError when none of them opens it, whatever the reason
 */
export function openLangflowToken(keys: readonly Uint8Array[], token: string): string {
  const text = token.trim();
  if (!tokenForm.test(text)) throw new ForeignSecretError();
  const bytes = Buffer.from(text, 'base64url');
  const ciphertext = bytes.subarray(headBytes + ivBytes, -tagBytes);
  const shortest = headBytes + ivBytes + blockBytes + tagBytes;
  if (bytes[0] !== version || bytes.length < shortest || ciphertext.length % blockBytes !== 0) {
    throw new ForeignSecretError();
  }
  const key = keys.find((candidate) => isSignedWith(candidate, bytes));
  if (key === undefined) throw new ForeignSecretError();
  return decodeText(decrypt(key, bytes.subarray(headBytes, headBytes + ivBytes), ciphertext));
}

/** The first half of a key signs, the second encrypts. */
function isSignedWith(key: Uint8Array, token: Buffer): boolean {
  const expected = createHmac('sha256', key.subarray(0, keyBytes / 2))
    .update(token.subarray(0, -tagBytes))
    .digest();
  return timingSafeEqual(expected, token.subarray(-tagBytes));
}

function decrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(keyBytes / 2), iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw new ForeignSecretError();
  }
}

function digestKey(secretKey: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secretKey).digest());
}

/** Python's `random.seed(text)`, then `getrandbits(8)` for each byte. */
function seededKey(secretKey: string): Uint8Array {
  const text = Buffer.from(secretKey);
  const seed = Buffer.concat([text, createHash('sha512').update(text).digest()]);
  const generator = new MersenneTwister(toWords(seed));
  return Uint8Array.from({ length: keyBytes }, () => generator.uint32() >>> 24);
}

/** A big-endian number in words of 32 bits, the least significant first, without leading zeros. */
function toWords(bytes: Buffer): Uint32Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = bytes.subarray(first === -1 ? bytes.length - 1 : first);
  const padded = Buffer.concat([Buffer.alloc((4 - (significant.length % 4)) % 4), significant]);
  const words = new Uint32Array(padded.length / 4);
  for (let index = 0; index < words.length; index++)
    words[index] = padded.readUInt32BE(padded.length - 4 * (index + 1));
  return words;
}

/**
 * Decodes base64 as Python does: of either alphabet, past characters of neither, up to the padding that ends it.
 *
 * @returns null when it ends within a group
 */
function decodeLeniently(text: string): Uint8Array | null {
  let digits = '';
  let padding = 0;
  // Langflow adds padding, and too much of it where none is needed.
  for (const character of `${text}====`) {
    const inGroup = digits.length % 4;
    if (character === '=') {
      if (inGroup >= 2 && inGroup + ++padding >= 4) return new Uint8Array(Buffer.from(digits, 'base64'));
    } else if (/[A-Za-z0-9+/_-]/.test(character)) {
      digits += character;
      padding = 0;
    }
  }
  return digits.length % 4 === 0 ? new Uint8Array(Buffer.from(digits, 'base64')) : null;
}
