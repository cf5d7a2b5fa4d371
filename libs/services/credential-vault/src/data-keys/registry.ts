import { DomainError } from '@flowkeep/contracts';
import { type Database, query } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type DerivedSecretKey, opensCanary, wrap, type WrapPlace } from './secret-keys.ts';

/** A secret key that counts now. */
interface RegisteredKey {
  readonly id: string;
  readonly role: 'current' | 'next';
  readonly sealed: string;
}

/** The secret keys a process was given: the one of its settings and the ones it follows. */
export interface GivenKeys {
  readonly target: DerivedSecretKey;
  readonly byId: ReadonlyMap<string, DerivedSecretKey>;
}

/** Which secret key the data are under, and which is to follow. */
export async function readRegistry(em: SqlEntityManager): Promise<{ current?: RegisteredKey; next?: RegisteredKey }> {
  const { rows } = await query<RegisteredKey>(em, 'select id, role, sealed from secret_key where role is not null');
  const [current, next] = (['current', 'next'] as const).map((role) => rows.find((row) => row.role === role));
  return { ...(current === undefined ? {} : { current }), ...(next === undefined ? {} : { next }) };
}

/**
 * Keeps the roles of secret keys as they are until the end of the transaction.
 *
 * @param mode `share` for whoever relies on them, `update` for whoever changes them
 */
export async function holdRegistry(em: SqlEntityManager, { dialect }: Database, mode: 'share' | 'update') {
  // A transaction of SQLite has the database for itself.
  if (dialect === 'postgresql') await query(em, `select id from secret_key where role is not null for ${mode}`);
}

/**
 * Finds which of the given keys the data are under.
 *
 * @throws Error with one line for the operator that names the variable, when it is none of them
 */
export async function openRegistry(database: Database, { target, byId }: GivenKeys): Promise<void> {
  await nameUnnamed(database, [...byId.values()]);
  const { registry, replaced } = await database.read(async (em) => ({
    registry: await readRegistry(em),
    replaced: await query(em, 'select id from secret_key where id = $1 and role is null', [target.id]),
  }));
  const { current, next } = registry;
  if (current === undefined) {
    throw new Error("The vault's database has data keys but no record of their secret key: restore it from a backup.");
  }
  const known = byId.get(current.id);
  if (known !== undefined && opensCanary(known, current.sealed)) return;
  throw new Error(refusal(target, { started: next?.id === target.id, replaced: replaced.rows.length > 0 }));
}

/**
 * Makes a secret key the next one, unless it counts already or another one is to follow.
 *
 * @param sealed of {@link sealCanary}
 */
export async function announce(em: SqlEntityManager, database: Database, announced: Announced): Promise<void> {
  const { id, sealed, now } = announced;
  await holdRegistry(em, database, 'update');
  await query(
    em,
    `insert into secret_key (id, role, sealed, created_at, changed_at) values ($1, 'next', $2, $3, $3)
     on conflict do nothing`,
    [id, sealed, now],
  );
  // One that was replaced before may come back.
  await query(
    em,
    `update secret_key set role = 'next', sealed = $2, changed_at = $3 where id = $1 and role is null
       and not exists (select 1 from secret_key where role = 'next')`,
    [id, sealed, now],
  );
}

export interface Announced {
  readonly id: string;
  readonly sealed: string;
  readonly now: number;
}

/**
 * Stores a new data key, wrapped under each secret key that counts now.
 *
 * @throws DomainError `unavailable` when the data came under a secret key this process was not given
 */
export async function storeWraps(
  em: SqlEntityManager,
  database: Database,
  given: GivenKeys,
  made: { readonly place: WrapPlace; readonly key: Uint8Array; readonly now: number },
): Promise<void> {
  await holdRegistry(em, database, 'share');
  const { current, next } = await readRegistry(em);
  if (current === undefined || !given.byId.has(current.id)) throw foreignSecretKey();
  for (const registered of [current, ...(next === undefined ? [] : [next])]) {
    const secretKey = given.byId.get(registered.id);
    // The rotation to a key that this process does not have wraps it before it ends.
    if (secretKey === undefined) continue;
    await query(
      em,
      `insert into data_key_wrap (data_key_id, secret_key_id, wrapped, created_at, verified_at)
       values ($1, $2, $3, $4, $5)`,
      [
        made.place.id,
        secretKey.id,
        wrap(secretKey, made.key, made.place),
        made.now,
        registered.role === 'current' ? made.now : null,
      ],
    );
  }
}

export function foreignSecretKey(): DomainError {
  return new DomainError('unavailable', {
    detail:
      'the data came under another secret key than this process was given: start it with FLOWKEEP_SECRET_KEY as it is now',
  });
}

/** Data of a release without ids of secret keys get the id of the one that opens them. */
async function nameUnnamed(database: Database, keys: readonly DerivedSecretKey[]): Promise<void> {
  const { rows } = await database.read((em) =>
    query<{ sealed: string }>(em, "select sealed from secret_key where id = ''"),
  );
  const [unnamed] = rows;
  const owner = unnamed === undefined ? undefined : keys.find((key) => opensCanary(key, unnamed.sealed));
  if (owner === undefined) return;
  await database.transaction(async (em) => {
    await query(em, "update secret_key set id = $1 where id = ''", [owner.id]);
    await query(em, "update data_key_wrap set secret_key_id = $1 where secret_key_id = ''", [owner.id]);
  });
}

function refusal({ source }: DerivedSecretKey, { started, replaced }: { started: boolean; replaced: boolean }): string {
  if (started) {
    return (
      `The change of the secret key to ${source} is not finished, and FLOWKEEP_PREVIOUS_SECRET_KEYS does not have the ` +
      'key before it: add that key, or go back to it.'
    );
  }
  const why = replaced ? 'it was replaced by another one' : 'it is not the secret key they are protected with';
  return (
    `${source} does not open the data in the vault's database: ${why}. Set FLOWKEEP_SECRET_KEY_FILE (or ` +
    'FLOWKEEP_SECRET_KEY) to that key, or name it in FLOWKEEP_PREVIOUS_SECRET_KEYS to change to a new one.'
  );
}
