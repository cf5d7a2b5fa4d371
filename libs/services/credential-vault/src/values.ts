import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EnvelopeError, open, seal } from '@flowkeep/crypto';
import { type DataKey, DataKeys } from './data-keys/data-keys.ts';

/** Whose a value is and where it belongs, besides its workspace; a ciphertext moved elsewhere does not open there. */
export type ValuePlace = readonly ['variable', id: string] | readonly ['flow-secret', flowId: string, id: string];

export interface SealedValue {
  readonly dataKeyId: string;
  readonly ciphertext: string;
  /** Tells two values of a workspace apart without telling either. */
  readonly fingerprint: string;
}

interface StoredValue extends Pick<SealedValue, 'dataKeyId' | 'ciphertext'> {
  readonly place: ValuePlace;
}

/** Encrypts and decrypts what belongs to workspaces. */
@Injectable()
export class Values {
  constructor(private readonly dataKeys: DataKeys) {}

  /** Seals a value for its place. */
  async seal(workspaceId: string, place: ValuePlace, value: string): Promise<SealedValue> {
    const [sealed] = await this.sealAll(workspaceId, [{ place, value }]);
    return sealed as SealedValue;
  }

  /** Seals many values of a workspace, in their order. */
  async sealAll(
    workspaceId: string,
    values: readonly { readonly place: ValuePlace; readonly value: string }[],
  ): Promise<SealedValue[]> {
    const dataKey = await this.dataKeys.currentKey(workspaceId);
    return values.map(({ place, value }) => ({
      dataKeyId: dataKey.id,
      ciphertext: seal(dataKey.key, Buffer.from(value), associated(workspaceId, place, dataKey.id)),
      fingerprint: fingerprintOf(dataKey, value),
    }));
  }

  /** Opens many values of a workspace, in their order; null for each that can't be opened. */
  async open(workspaceId: string, stored: readonly StoredValue[]): Promise<(string | null)[]> {
    if (stored.length === 0) return [];
    const keyIds = new Set(stored.map(({ dataKeyId }) => dataKeyId));
    const keys = await this.dataKeys.keysOf(workspaceId, keyIds);
    return stored.map(({ place, dataKeyId, ciphertext }) => {
      const dataKey = keys.get(dataKeyId);
      if (dataKey === undefined) return null;
      try {
        return Buffer.from(open(dataKey.key, ciphertext, associated(workspaceId, place, dataKeyId))).toString();
      } catch (error) {
        if (error instanceof EnvelopeError) return null;
        throw error;
      }
    });
  }
}

function associated(workspaceId: string, [table, ...place]: ValuePlace, dataKeyId: string) {
  return [table, workspaceId, ...place, dataKeyId] as const;
}

/** Under a key of its own, so that nobody without the data key can try values. */
function fingerprintOf({ key }: DataKey, value: string): string {
  const own = createHmac('sha256', key).update('fingerprint').digest();
  return createHmac('sha256', own).update(value).digest('hex').slice(0, 8);
}
