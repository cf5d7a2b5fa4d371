import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EnvelopeError, open, seal } from '@flowkeep/crypto';
import { type DataKey, DataKeys } from './data-keys/data-keys.ts';

/** Where a value belongs; a ciphertext moved elsewhere does not open there. */
export interface ValuePlace {
  readonly table: 'variable' | 'flow-secret';
  readonly id: string;
  readonly workspaceId: string;
}

export interface SealedValue {
  readonly dataKeyId: string;
  readonly ciphertext: string;
}

interface StoredValue extends SealedValue {
  readonly place: ValuePlace;
}

/** Encrypts and decrypts what belongs to workspaces. */
@Injectable()
export class Values {
  constructor(private readonly dataKeys: DataKeys) {}

  /** Seals a value for its place, with a mark that tells two values of a workspace apart without telling either. */
  async seal(place: ValuePlace, value: string): Promise<SealedValue & { readonly fingerprint: string }> {
    const dataKey = await this.dataKeys.currentKey(place.workspaceId);
    const ciphertext = seal(dataKey.key, Buffer.from(value), associated(place, dataKey.id));
    return { dataKeyId: dataKey.id, ciphertext, fingerprint: fingerprintOf(dataKey, value) };
  }

  /** Opens many at once, in their order; null for each that can't be opened. */
  async open(stored: readonly StoredValue[]): Promise<(string | null)[]> {
    const keys = await this.dataKeys.keys(stored.map(({ dataKeyId }) => dataKeyId));
    return stored.map(({ place, dataKeyId, ciphertext }) => {
      const dataKey = keys.get(dataKeyId);
      if (dataKey === undefined) return null;
      try {
        return Buffer.from(open(dataKey.key, ciphertext, associated(place, dataKeyId))).toString();
      } catch (error) {
        if (error instanceof EnvelopeError) return null;
        throw error;
      }
    });
  }
}

function associated({ table, workspaceId, id }: ValuePlace, dataKeyId: string) {
  return [table, workspaceId, id, dataKeyId] as const;
}

/** Under a key of its own, so that nobody without the data key can try values. */
function fingerprintOf({ key }: DataKey, value: string): string {
  const own = createHmac('sha256', key).update('fingerprint').digest();
  return createHmac('sha256', own).update(value).digest('hex').slice(0, 8);
}
