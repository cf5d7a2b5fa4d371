import { hash, timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '@flowkeep/config';
import { deriveKey, EnvelopeError, open, seal } from '@flowkeep/crypto';

const purposes = {
  id: 'vault secret-key id v1',
  wrap: 'vault data-key wrap v1',
  canary: 'vault canary v1',
} as const;

const idDigits = 16;
const canaryText = Buffer.from('flowkeep canary');
const canaryPlace = ['canary'] as const;

/** What of a secret key stays in memory: never the key itself. */
export interface DerivedSecretKey {
  /** By which rows name it; leads nobody to the key. */
  readonly id: string;
  /** Where it came from, for messages. */
  readonly source: string;
  readonly wrapKey: Uint8Array;
  readonly canaryKey: Uint8Array;
}

export async function deriveSecretKey({ value, source }: SecretKey): Promise<DerivedSecretKey> {
  return {
    id: hash('sha256', await deriveKey(value, purposes.id), 'hex').slice(0, idDigits),
    source,
    wrapKey: await deriveKey(value, purposes.wrap),
    canaryKey: await deriveKey(value, purposes.canary),
  };
}

/** A text that proves later which key it was sealed with. */
export function sealCanary({ canaryKey }: DerivedSecretKey): string {
  return seal(canaryKey, canaryText, canaryPlace);
}

export function opensCanary({ canaryKey }: DerivedSecretKey, sealed: string): boolean {
  try {
    return timingSafeEqual(open(canaryKey, sealed, canaryPlace), canaryText);
  } catch (error) {
    if (error instanceof EnvelopeError) return false;
    throw error;
  }
}

/** The row a wrap belongs to: a workspace's key moved to another workspace does not open there. */
export interface WrapPlace {
  readonly id: string;
  readonly version: number;
  readonly workspaceId: string | null;
}

/** Encrypts a data key under a secret key. */
export function wrap({ wrapKey }: DerivedSecretKey, dataKey: Uint8Array, place: WrapPlace): string {
  return seal(wrapKey, dataKey, associated(place));
}

/** @returns null when it does not open */
export function unwrap({ wrapKey }: DerivedSecretKey, wrapped: string, place: WrapPlace): Uint8Array | null {
  try {
    return open(wrapKey, wrapped, associated(place));
  } catch (error) {
    if (error instanceof EnvelopeError) return null;
    throw error;
  }
}

function associated({ id, version, workspaceId }: WrapPlace) {
  return workspaceId === null ? ['data-key', id, version] : ['data-key', id, version, workspaceId];
}
