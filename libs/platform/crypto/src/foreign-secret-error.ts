/**
 * A secret of another product that can't be opened. One sentence whatever the reason, so that nobody learns by trying
 * whether it was the key, the form or a single bit.
 */
export class ForeignSecretError extends Error {
  constructor() {
    super('the secret can not be opened with this key');
    this.name = 'ForeignSecretError';
  }
}

/**
 * Reads bytes as text.
 *
 * @throws ForeignSecretError for bytes that are no UTF-8
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ForeignSecretError();
  }
}
