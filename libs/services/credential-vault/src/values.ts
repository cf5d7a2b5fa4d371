import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EnvelopeError, open, seal } from '@flowkeep/crypto';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type DataKey, DataKeys } from './data-keys/data-keys.ts';

/** Whose a value is and where it belongs, besides its workspace; a ciphertext moved elsewhere does not open there. */
export type ValuePlace =
  | readonly ['variable', id: string]
  | readonly ['variable', id: string, 'reference']
  | readonly ['credential', id: string]
  | readonly ['flow-secret', flowId: string, id: string];

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

  /**
   * Stores values of a workspace, sealed for their places.
   *
   * @param work stores them in a transaction that calls `hold` first; is called again when the key they were sealed with
   *   was retired in between
   */
  async store<T>(
    workspaceId: string,
    values: readonly { readonly place: ValuePlace; readonly value: string }[],
    work: (sealed: readonly SealedValue[], hold: (em: SqlEntityManager) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    return this.dataKeys.storing(workspaceId, (dataKey) => {
      const sealed = values.map(({ place, value }) => sealValue(dataKey, workspaceId, place, Buffer.from(value)));
      return work(sealed, (em) => this.dataKeys.hold(em, dataKey.id));
    });
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

/** Encrypts a value for its place. */
export function sealValue(dataKey: DataKey, workspaceId: string, place: ValuePlace, value: Uint8Array): SealedValue {
  const ciphertext = seal(dataKey.key, value, associated(workspaceId, place, dataKey.id));
  return { dataKeyId: dataKey.id, ciphertext, fingerprint: fingerprintOf(dataKey, value) };
}

/** What a value is bound to. */
export function associated(workspaceId: string, [table, ...place]: ValuePlace, dataKeyId: string) {
  return [table, workspaceId, ...place, dataKeyId] as const;
}

/** Under a key of its own, so that nobody without the data key can try values. */
export function fingerprintOf({ key }: DataKey, value: Uint8Array): string {
  const own = createHmac('sha256', key).update('fingerprint').digest();
  return createHmac('sha256', own).update(value).digest('hex').slice(0, 8);
}
