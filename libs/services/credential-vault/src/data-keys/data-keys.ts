import type { Clock, SecretKey } from '@flowkeep/config';
import { deriveKey, EnvelopeError, generateDataKey, open, requireStrongSecretKey, seal } from '@flowkeep/crypto';
import { type Database, query, type UuidV7 } from '@flowkeep/persistence';
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

/** The data keys, unwrapped once at start: the secret key is not kept. */
export class DataKeys {
  private constructor(private readonly systemKeys: ReadonlyMap<string, DataKey>) {}

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
    return new DataKeys(new Map(systemKeys.map((dataKey) => [dataKey.id, dataKey])));
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
