import { createDecipheriv, createHash } from 'node:crypto';
import { decodeText, ForeignSecretError } from './foreign-secret-error.ts';

const magic = Buffer.from('Salted__');
const saltBytes = 8;
const keyBytes = 32;
const ivBytes = 16;
const blockBytes = 16;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Decrypts a stored credential of Flowise's, as crypto-js writes it: OpenSSL's salted form, AES-256-CBC.
 *
 * Nothing in that form proves the key: with a wrong one, or after a change, what comes out is not the JSON object that
 * went in, and that alone tells.
 *
 * @param passphrase the content of Flowise's `encryption.key`
 * @returns the credential's fields
 * @throws ForeignSecretError
 */
export function openFlowiseCredential(passphrase: string, encrypted: string): Readonly<Record<string, unknown>> {
  const text = encrypted.trim();
  if (!base64.test(text)) throw new ForeignSecretError();
  const bytes = Buffer.from(text, 'base64');
  const ciphertext = bytes.subarray(magic.length + saltBytes);
  const isSalted = bytes.subarray(0, magic.length).equals(magic);
  if (!isSalted || ciphertext.length === 0 || ciphertext.length % blockBytes !== 0) throw new ForeignSecretError();
  const { key, iv } = derive(passphrase, bytes.subarray(magic.length, magic.length + saltBytes));
  return parseFields(decodeText(decrypt(key, iv, ciphertext)));
}

/** OpenSSL's EVP_BytesToKey with MD5 and one round, as weak as it is. */
function derive(passphrase: string, salt: Uint8Array): { key: Uint8Array; iv: Uint8Array } {
  let block = Buffer.alloc(0);
  let made = Buffer.alloc(0);
  while (made.length < keyBytes + ivBytes) {
    block = createHash('md5').update(block).update(passphrase).update(salt).digest();
    made = Buffer.concat([made, block]);
  }
  return { key: made.subarray(0, keyBytes), iv: made.subarray(keyBytes, keyBytes + ivBytes) };
}

function decrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-cbc', key, iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw new ForeignSecretError();
  }
}

function parseFields(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ForeignSecretError();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new ForeignSecretError();
  return parsed as Readonly<Record<string, unknown>>;
}
