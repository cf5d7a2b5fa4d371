import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
/** First byte of every envelope, so that another algorithm can follow. */
const formatVersion = 1;

/** Something sealed that can't be opened: another key, another place than it was sealed for, or changed since. */
export class EnvelopeError extends Error {
  constructor() {
    super('the envelope can not be opened');
    this.name = 'EnvelopeError';
  }
}

/** A 256-bit key made of random bytes. */
export function generateDataKey(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}

/**
 * Encrypts with AES-256-GCM under a random nonce.
 *
 * @param key 32 bytes
 * @param place what the value is and where it belongs; the same is needed to open it, so that a ciphertext moved to
 *   another row does not open there
 * @returns format, nonce, ciphertext and tag as base64url
 */
export function seal(key: Uint8Array, value: Uint8Array, place: readonly (string | number)[]): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(place));
  const ciphertext = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([Buffer.of(formatVersion), nonce, ciphertext, cipher.getAuthTag()]).toString('base64url');
}

/**
 * Opens what {@link seal} made.
 *
 * @throws EnvelopeError
 */
export function open(key: Uint8Array, envelope: string, place: readonly (string | number)[]): Uint8Array {
  const bytes = Buffer.from(envelope, 'base64url');
  if (bytes[0] !== formatVersion || bytes.length < 1 + nonceBytes + tagBytes) throw new EnvelopeError();
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associatedData(place));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const value = decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes));
    return new Uint8Array(Buffer.concat([value, decipher.final()]));
  } catch {
    throw new EnvelopeError();
  }
}

/** JSON, because two different places never have the same text. */
function associatedData(place: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify([formatVersion, ...place]));
}
