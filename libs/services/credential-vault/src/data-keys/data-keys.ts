import type { Clock, SecretKey } from '@flowkeep/config';
import { generateDataKey, requireStrongSecretKey } from '@flowkeep/crypto';
import { type Database, query, type UuidV7 } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';
import {
  announce,
  foreignSecretKey,
  type GivenKeys,
  holdRegistry,
  openRegistry,
  readRegistry,
  storeWraps,
} from './registry.ts';
import { deriveSecretKey, sealCanary, unwrap, wrap } from './secret-keys.ts';

/** How many workspaces' keys stay unwrapped. */
const cachedScopes = 1000;
/** How often a change is tried anew when the key it was sealed with is retired in between. */
const tries = 3;

/** Whose values a data key protects: a workspace's, or for null what the services keep for themselves. */
export type KeyScope = string | null;

/** A data key ready for use. Lives in memory only. */
export interface DataKey {
  readonly id: string;
  readonly version: number;
  readonly key: Uint8Array;
  /** Whether it only opens and never seals. */
  readonly retired: boolean;
}

export interface UnlockOptions {
  readonly database: Database;
  /** The secret key of the settings. */
  readonly secretKey: SecretKey;
  /** Those it follows, needed until everything is under it. */
  readonly previousSecretKeys?: readonly SecretKey[];
  readonly ids: UuidV7;
  readonly clock: Clock;
}

/** A value was sealed with a key that was retired before it could be stored. */
class RetiredKeyError extends Error {}

interface LoadedRow {
  readonly id: string;
  readonly version: number;
  readonly retired_at: number | null;
  readonly secret_key_id: string;
  readonly wrapped: string;
}

/**
 * The data keys: the system's for what services keep for themselves, and each workspace's own, made on its first use.
 * Kept in memory are the keys that wrap them and those in use, never a secret key.
 */
export class DataKeys {
  /** By scope, the one used last at the end. */
  private readonly scopes = new Map<KeyScope, ReadonlyMap<string, DataKey>>();

  private constructor(
    private readonly parts: Pick<UnlockOptions, 'database' | 'ids' | 'clock'>,
    readonly given: GivenKeys,
  ) {}

  /**
   * Opens the system's data keys, or makes the first one where there are no data yet; of several instances that start
   * at once one makes it and all use it.
   *
   * @throws Error with one line that names where the secret key came from when it is weak, or neither it nor one of the
   *   previous ones is what the data are protected with. Nothing is ever replaced.
   */
  static async unlock(options: UnlockOptions): Promise<DataKeys> {
    const { database, secretKey, previousSecretKeys = [], ids, clock } = options;
    requireStrongSecretKey(secretKey);
    const target = await deriveSecretKey(secretKey);
    const previous = await Promise.all(previousSecretKeys.map(deriveSecretKey));
    const given = { target, byId: new Map([...previous, target].map((key) => [key.id, key])) };
    await createFirst(database, given, { id: ids.next(), now: clock.now() });
    await openRegistry(database, given);
    const dataKeys = new DataKeys({ database, ids, clock }, given);
    if (newest(await dataKeys.load(null)) === undefined) {
      throw new Error("The vault's own data key can't be opened: restore the vault's database from a backup.");
    }
    return dataKeys;
  }

  /**
   * The newest key of a scope; a workspace's first one is made here, and of several that make it at once one counts.
   *
   * @throws Error when there are keys and the newest does not open: another one would only hide the loss
   */
  async currentKey(scope: KeyScope): Promise<DataKey> {
    const known = await this.existingKey(scope);
    if (known !== undefined) return known;
    if (scope !== null) await this.createFor(scope);
    const created = newest(await this.load(scope));
    if (created === undefined) throw new Error(`no data key of ${nameOf(scope)} can be opened`);
    return created;
  }

  /** The newest key of a scope, if it has one that opens; none is made. */
  async existingKey(scope: KeyScope): Promise<DataKey | undefined> {
    return newest(this.cached(scope)) ?? newest(await this.load(scope));
  }

  /** Those keys of a scope that values were sealed with; one that is gone or can't be opened is not among them. */
  async keysOf(scope: KeyScope, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, DataKey>> {
    const known = this.cached(scope);
    // Another instance may have made a newer one.
    return [...ids].every((id) => known.has(id)) ? known : this.load(scope);
  }

  /**
   * Stores what was sealed with a scope's newest key.
   *
   * @param work seals with the key it is given and stores in a transaction that calls {@link hold}; is called again when
   *   the key was retired in between, so that nothing is ever stored under a key that may go
   */
  async storing<T>(scope: KeyScope, work: (dataKey: DataKey) => Promise<T>): Promise<T> {
    for (let left = tries; ; left--) {
      try {
        return await work(await this.currentKey(scope));
      } catch (error) {
        if (!(error instanceof RetiredKeyError) || left <= 1) throw error;
        this.forget(scope);
      }
    }
  }

  /** Within a transaction: keeps a data key from being retired until its end. For {@link storing}. */
  async hold(em: SqlEntityManager, dataKeyId: string): Promise<void> {
    const lock = this.parts.database.dialect === 'postgresql' ? ' for share' : '';
    const { rows } = await query(em, `select id from data_key where id = $1 and retired_at is null${lock}`, [
      dataKeyId,
    ]);
    if (rows.length === 0) throw new RetiredKeyError('the data key was retired');
  }

  /**
   * Makes the next version of a scope's key and retires those before it. Said twice for one rotation it is done once.
   *
   * @throws DomainError `unavailable` when the data came under a secret key this process was not given
   */
  async renew(scope: KeyScope, rotationId: string): Promise<void> {
    const { database, ids, clock } = this.parts;
    const [id, key, now] = [ids.next(), generateDataKey(), clock.now()];
    await database.transaction(async (em) => {
      await holdRegistry(em, database, 'update');
      const { condition, parameters } = inScope(scope);
      const newestOf = `select version, rotation_id from data_key where ${condition} order by version desc limit 1`;
      const { rows } = await query<{ version: number; rotation_id: string | null }>(em, newestOf, parameters);
      const [before] = rows;
      if (before === undefined || before.rotation_id === rotationId) return;
      const place = { id, version: before.version + 1, workspaceId: scope };
      if (!(await insertKey(em, place, { now, rotationId }))) return;
      await storeWraps(em, database, this.given, { place, key, now });
      await query(
        em,
        `update data_key set retired_at = $${parameters.length + 1}
         where ${condition} and retired_at is null and version < $${parameters.length + 2}`,
        [...parameters, now, place.version],
      );
    });
    this.forget(scope);
  }

  /** Records that the secret key of the settings is to follow the one the data are under, if it does. */
  async announce(): Promise<void> {
    const { database, clock } = this.parts;
    const { target } = this.given;
    const announced = { id: target.id, sealed: sealCanary(target), now: clock.now() };
    await database.transaction((em) => announce(em, database, announced));
  }

  /** The next question about this scope goes to the database. */
  forget(scope: KeyScope): void {
    this.scopes.delete(scope);
  }

  private cached(scope: KeyScope): ReadonlyMap<string, DataKey> {
    const known = this.scopes.get(scope);
    if (known === undefined) return new Map();
    this.scopes.delete(scope);
    this.scopes.set(scope, known);
    return known;
  }

  private async load(scope: KeyScope): Promise<ReadonlyMap<string, DataKey>> {
    const { condition, parameters } = inScope(scope);
    const { rows, current } = await this.parts.database.read(async (em) => ({
      rows: (
        await query<LoadedRow>(
          em,
          `select d.id, d.version, d.retired_at, w.secret_key_id, w.wrapped from data_key d
           join data_key_wrap w on w.data_key_id = d.id where d.${condition}`,
          parameters,
        )
      ).rows,
      current: (await readRegistry(em)).current,
    }));
    const keys = new Map<string, DataKey>();
    for (const row of rows) {
      const key = keys.has(row.id) ? null : this.tryUnwrap(row, scope);
      if (key !== null) {
        keys.set(row.id, { id: row.id, version: row.version, key, retired: row.retired_at !== null });
      }
    }
    // Better no answer than that everything is unreadable: a start with the right key reads it again.
    if (keys.size === 0 && rows.length > 0 && !this.given.byId.has(current?.id ?? '')) throw foreignSecretKey();
    if (keys.size > 0) this.keep(scope, keys);
    return keys;
  }

  private keep(scope: KeyScope, keys: ReadonlyMap<string, DataKey>): void {
    this.scopes.delete(scope);
    this.scopes.set(scope, keys);
    const oldest = this.scopes.keys().next();
    if (this.scopes.size > cachedScopes && oldest.done !== true) this.scopes.delete(oldest.value);
  }

  private tryUnwrap({ id, version, secret_key_id: secretKeyId, wrapped }: LoadedRow, scope: KeyScope) {
    const secretKey = this.given.byId.get(secretKeyId);
    return secretKey === undefined ? null : unwrap(secretKey, wrapped, { id, version, workspaceId: scope });
  }

  private async createFor(workspaceId: string): Promise<void> {
    const { database, ids, clock } = this.parts;
    const place = { id: ids.next(), workspaceId, version: 1 };
    const [key, now] = [generateDataKey(), clock.now()];
    await database.transaction(async (em) => {
      if (await insertKey(em, place, { now, rotationId: null })) {
        await storeWraps(em, database, this.given, { place, key, now });
      }
    });
  }
}

/** Record of the secret key and system key come into being together, or not at all because there are data. */
async function createFirst(database: Database, { target }: GivenKeys, { id, now }: { id: string; now: number }) {
  const sealed = sealCanary(target);
  const place = { id, version: 1, workspaceId: null };
  const wrapped = wrap(target, generateDataKey(), place);
  await database.transaction(async (em) => {
    const { affected } = await query(
      em,
      `insert into secret_key (id, role, sealed, created_at, changed_at) select $1, 'current', $2, $3, $3
       where not exists (select 1 from data_key) on conflict do nothing`,
      [target.id, sealed, now],
    );
    if (affected === 0) return;
    await insertKey(em, place, { now, rotationId: null });
    await query(
      em,
      `insert into data_key_wrap (data_key_id, secret_key_id, wrapped, created_at, verified_at)
       values ($1, $2, $3, $4, $4)`,
      [id, target.id, wrapped, now],
    );
  });
}

/** @returns false when the scope has that version already */
async function insertKey(
  em: SqlEntityManager,
  { id, version, workspaceId }: { id: string; version: number; workspaceId: KeyScope },
  { now, rotationId }: { now: number; rotationId: string | null },
): Promise<boolean> {
  const { affected } = await query(
    em,
    `insert into data_key (id, workspace_id, version, created_at, rotation_id) values ($1, $2, $3, $4, $5)
     on conflict (workspace_id, version) do nothing`,
    [id, workspaceId, version, now, rotationId],
  );
  return affected > 0;
}

function inScope(scope: KeyScope): { condition: string; parameters: string[] } {
  if (scope === null) return { condition: 'workspace_id is null', parameters: [] };
  return { condition: 'workspace_id = $1', parameters: [scope] };
}

function newest(keys: ReadonlyMap<string, DataKey>): DataKey | undefined {
  const [found] = [...keys.values()].toSorted((left, right) => right.version - left.version);
  return found === undefined || found.retired ? undefined : found;
}

function nameOf(scope: KeyScope): string {
  return scope === null ? 'the services' : `workspace ${scope}`;
}
