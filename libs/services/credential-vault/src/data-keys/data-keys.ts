import type { Clock, SecretKey } from '@flowkeep/config';
import { deriveKey, EnvelopeError, generateDataKey, open, requireStrongSecretKey, seal } from '@flowkeep/crypto';
import { type Database, query, type UuidV7 } from '@flowkeep/persistence';
import type { InferEntity } from '@mikro-orm/core';
import { CanaryEntity } from './canary.entity.ts';
import { DataKeyEntity } from './data-key.entity.ts';

const purposes = { wrap: 'vault data-key wrap v1', canary: 'vault canary v1' } as const;

const canaryId = 1;
const canaryText = Buffer.from('flowkeep canary');

/** A data key ready for use. Lives in memory only. */
export interface DataKey {
  readonly id: string;
  readonly version: number;
  readonly key: Uint8Array;
}

export interface UnlockOptions {
  readonly database: Database;
  readonly secretKey: SecretKey;
  readonly ids: UuidV7;
  readonly clock: Clock;
}

/** How many keys of workspaces are kept unwrapped. */
const keptKeys = 1000;

/**
 * The data keys. Those of the system are unwrapped once at start, those of workspaces when they are needed first. The
 * secret key is not kept, only the key that wraps, which leads to nothing else.
 */
export class DataKeys {
  private readonly unwrapped = new Map<string, DataKey>();

  private constructor(
    private readonly systemKeys: ReadonlyMap<string, DataKey>,
    private readonly parts: Pick<UnlockOptions, 'database' | 'ids' | 'clock'>,
    private readonly wrapKey: Uint8Array,
  ) {}

  /**
   * Opens the data keys, or makes the first one where there are no data yet; of several instances that start at once
   * one makes it and all use it.
   *
   * @throws Error with one line that names where the secret key came from when it is weak, or not the one the data are
   *   protected with. Nothing is ever replaced.
   */
  static async unlock({ database, secretKey, ids, clock }: UnlockOptions): Promise<DataKeys> {
    requireStrongSecretKey(secretKey);
    const wrapKey = await deriveKey(secretKey.value, purposes.wrap);
    const canaryKey = await deriveKey(secretKey.value, purposes.canary);
    await createFirst({ database, id: ids.next(), now: clock.now(), wrapKey, canaryKey });
    const { canary, rows } = await database.read(async (em) => ({
      canary: await em.findOneOrFail(CanaryEntity, { id: canaryId }),
      rows: await em.find(DataKeyEntity, { workspaceId: null }),
    }));
    try {
      open(canaryKey, canary.sealed, ['canary']);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      throw new Error(
        `${secretKey.source} does not open the data in the vault's database: it is not the secret key they are ` +
          'protected with. Set FLOWKEEP_SECRET_KEY_FILE (or FLOWKEEP_SECRET_KEY) to that key.',
        { cause: error },
      );
    }
    const systemKeys = rows.map(({ id, version, wrapped }) => ({
      id,
      version,
      key: open(wrapKey, wrapped, wrapPlace(id, version)),
    }));
    return new DataKeys(new Map(systemKeys.map((dataKey) => [dataKey.id, dataKey])), { database, ids, clock }, wrapKey);
  }

  /** The newest key for what the services keep for themselves. */
  currentSystemKey(): DataKey {
    return [...this.systemKeys.values()].reduce((newest, other) => (other.version > newest.version ? other : newest));
  }

  /** @throws Error when there is no such key: a value is never answered without being opened */
  systemKey(id: string): DataKey {
    const found = this.systemKeys.get(id);
    if (found === undefined) throw new Error(`there is no system data key ${id}`);
    return found;
  }

  /** The newest key of a workspace; the first is made when it is asked for. Of several at once one makes it. */
  async currentKey(workspaceId: string): Promise<DataKey> {
    return (await this.newest(workspaceId)) ?? (await this.createKey(workspaceId));
  }

  /** The keys of these ids, as far as there are any and they can be unwrapped. */
  async keys(ids: Iterable<string>): Promise<ReadonlyMap<string, DataKey>> {
    const wanted = new Set(ids);
    const missing = [...wanted].filter((id) => !this.unwrapped.has(id));
    if (missing.length > 0) {
      const { database } = this.parts;
      const rows = await database.read((em) => em.find(DataKeyEntity, { id: { $in: missing } }));
      for (const row of rows) this.unwrap(row);
    }
    return new Map(
      [...wanted].flatMap((id) => {
        const key = this.unwrapped.get(id);
        return key === undefined ? [] : [[id, key] as const];
      }),
    );
  }

  private async newest(workspaceId: string): Promise<DataKey | null> {
    const row = await this.parts.database.read((em) =>
      em.findOne(DataKeyEntity, { workspaceId }, { orderBy: { version: 'desc' } }),
    );
    if (row === null) return null;
    const key = this.unwrap(row);
    if (key === null) throw new Error(`the data key ${row.id} does not unwrap`);
    return key;
  }

  private async createKey(workspaceId: string): Promise<DataKey> {
    const { database, ids, clock } = this.parts;
    const [id, version] = [ids.next(), 1];
    const wrapped = seal(this.wrapKey, generateDataKey(), wrapPlace(id, version));
    await database.transaction((em) =>
      query(
        em,
        `insert into data_key (id, workspace_id, version, wrapped, created_at) values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, version) do nothing`,
        [id, workspaceId, version, wrapped, clock.now()],
      ),
    );
    const key = await this.newest(workspaceId);
    if (key === null) throw new Error('a data key vanished');
    return key;
  }

  /** Null for a key that was changed since it was wrapped. */
  private unwrap({ id, version, wrapped }: WrappedKey): DataKey | null {
    const known = this.unwrapped.get(id);
    if (known !== undefined) return known;
    try {
      const key = { id, version, key: open(this.wrapKey, wrapped, wrapPlace(id, version)) };
      this.unwrapped.set(id, key);
      for (const oldest of this.unwrapped.keys()) {
        if (this.unwrapped.size <= keptKeys) break;
        this.unwrapped.delete(oldest);
      }
      return key;
    } catch (error) {
      if (error instanceof EnvelopeError) return null;
      throw error;
    }
  }
}

type WrappedKey = Pick<InferEntity<typeof DataKeyEntity>, 'id' | 'version' | 'wrapped'>;

interface FirstKey {
  readonly database: Database;
  readonly id: string;
  readonly now: number;
  readonly wrapKey: Uint8Array;
  readonly canaryKey: Uint8Array;
}

/** Canary and system key come into being together, or not at all because they are there. */
async function createFirst({ database, id, now, wrapKey, canaryKey }: FirstKey): Promise<void> {
  const sealed = seal(canaryKey, canaryText, ['canary']);
  const version = 1;
  const wrapped = seal(wrapKey, generateDataKey(), wrapPlace(id, version));
  await database.transaction(async (em) => {
    const canary = await query(
      em,
      'insert into canary (id, sealed, created_at) values ($1, $2, $3) on conflict (id) do nothing',
      [canaryId, sealed, now],
    );
    if (canary.affected === 0) return;
    await em.insert(DataKeyEntity, { id, workspaceId: null, version, wrapped, createdAt: now });
  });
}

function wrapPlace(id: string, version: number) {
  return ['data-key', id, version] as const;
}
