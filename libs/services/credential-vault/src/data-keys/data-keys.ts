import type { Clock, SecretKey } from '@flowkeep/config';
import { deriveKey, EnvelopeError, generateDataKey, open, requireStrongSecretKey, seal } from '@flowkeep/crypto';
import { type Database, query, type UuidV7 } from '@flowkeep/persistence';
import { CanaryEntity } from './canary.entity.ts';
import { DataKeyEntity, type DataKeyRow } from './data-key.entity.ts';

const purposes = { wrap: 'vault data-key wrap v1', canary: 'vault canary v1' } as const;

const canaryId = 1;
const canaryText = Buffer.from('flowkeep canary');

/** How many workspaces' keys stay unwrapped. */
const cachedWorkspaces = 1000;

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

/**
 * The data keys: the system's for what services keep for themselves, and each workspace's own, made on its first use.
 * Kept in memory are the key that wraps them and those in use, never the secret key.
 */
export class DataKeys {
  private readonly systemKeys: ReadonlyMap<string, DataKey>;
  /** By workspace, the one used last at the end. */
  private readonly workspaces = new Map<string, ReadonlyMap<string, DataKey>>();

  private constructor(
    private readonly parts: Pick<UnlockOptions, 'database' | 'ids' | 'clock'>,
    private readonly wrapKey: Uint8Array,
    systemKeys: readonly DataKey[],
  ) {
    this.systemKeys = byId(systemKeys);
  }

  /**
   * Opens the system's data keys, or makes the first one where there are no data yet; of several instances that start
   * at once one makes it and all use it.
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
    const systemKeys = rows.map((row) => unwrap(wrapKey, row));
    return new DataKeys({ database, ids, clock }, wrapKey, systemKeys);
  }

  /** The newest key for what the services keep for themselves. */
  currentSystemKey(): DataKey {
    return newest(this.systemKeys) as DataKey;
  }

  /** @throws Error when there is no such key: a value is never answered without being opened */
  systemKey(id: string): DataKey {
    const found = this.systemKeys.get(id);
    if (found === undefined) throw new Error(`there is no system data key ${id}`);
    return found;
  }

  /**
   * The newest key of a workspace; its first one is made here, and of several that make it at once one counts.
   *
   * @throws Error when the workspace has keys and none of them opens: a second one would only hide the loss
   */
  async currentKey(workspaceId: string): Promise<DataKey> {
    const known = newest(this.cached(workspaceId)) ?? newest(await this.load(workspaceId));
    if (known !== undefined) return known;
    await this.createFor(workspaceId);
    const created = newest(await this.load(workspaceId));
    if (created === undefined) throw new Error(`no data key of workspace ${workspaceId} can be opened`);
    return created;
  }

  /** Those of a workspace's keys that values were sealed with; one that is gone or can't be opened is not among them. */
  async keysOf(workspaceId: string, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, DataKey>> {
    const known = this.cached(workspaceId);
    // Another instance may have made a newer one.
    return [...ids].every((id) => known.has(id)) ? known : this.load(workspaceId);
  }

  private cached(workspaceId: string): ReadonlyMap<string, DataKey> {
    const known = this.workspaces.get(workspaceId);
    if (known === undefined) return new Map();
    this.workspaces.delete(workspaceId);
    this.workspaces.set(workspaceId, known);
    return known;
  }

  private async load(workspaceId: string): Promise<ReadonlyMap<string, DataKey>> {
    const rows = await this.parts.database.read((em) => em.find(DataKeyEntity, { workspaceId }));
    const keys = byId(rows.flatMap((row) => this.tryUnwrap(row)));
    if (keys.size === 0) return keys;
    this.workspaces.delete(workspaceId);
    this.workspaces.set(workspaceId, keys);
    const oldest = this.workspaces.keys().next();
    if (this.workspaces.size > cachedWorkspaces && oldest.done !== true) this.workspaces.delete(oldest.value);
    return keys;
  }

  private tryUnwrap(row: DataKeyRow): DataKey[] {
    try {
      return [unwrap(this.wrapKey, row)];
    } catch (error) {
      if (error instanceof EnvelopeError) return [];
      throw error;
    }
  }

  private async createFor(workspaceId: string): Promise<void> {
    const { database, ids, clock } = this.parts;
    const row = { id: ids.next(), workspaceId, version: 1 };
    const wrapped = seal(this.wrapKey, generateDataKey(), wrapPlace(row));
    const now = clock.now();
    await database.transaction((em) =>
      query(
        em,
        `insert into data_key (id, workspace_id, version, wrapped, created_at) values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, version) do nothing`,
        [row.id, workspaceId, row.version, wrapped, now],
      ),
    );
  }
}

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
  const wrapped = seal(wrapKey, generateDataKey(), wrapPlace({ id, version, workspaceId: null }));
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

function unwrap(wrapKey: Uint8Array, row: DataKeyRow): DataKey {
  return { id: row.id, version: row.version, key: open(wrapKey, row.wrapped, wrapPlace(row)) };
}

/** A workspace's key moved to another workspace does not open there. */
function wrapPlace({ id, version, workspaceId }: Pick<DataKeyRow, 'id' | 'version' | 'workspaceId'>) {
  return workspaceId == null ? ['data-key', id, version] : ['data-key', id, version, workspaceId];
}

function byId(keys: readonly DataKey[]): ReadonlyMap<string, DataKey> {
  return new Map(keys.map((dataKey) => [dataKey.id, dataKey]));
}

function newest(keys: ReadonlyMap<string, DataKey>): DataKey | undefined {
  return [...keys.values()].toSorted((left, right) => right.version - left.version)[0];
}
