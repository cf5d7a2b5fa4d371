import { loadPreviousSecretKeys, loadSecretKey } from '@flowkeep/config';
import type { ReplyOf, Rotation, rotationStatus } from '@flowkeep/contracts';
import {
  AuditOutbox,
  type Database,
  openServiceDatabase,
  type ServiceDatabaseOptions,
  UuidV7,
} from '@flowkeep/persistence';
import { credentialVaultDatabase } from '../database.ts';
import { DataKeys } from '../data-keys/data-keys.ts';
import { readRegistry } from '../data-keys/registry.ts';
import { SecretKeyEntity } from '../data-keys/secret-key.entity.ts';
import { DataKeyRotation } from './data-key-rotation.ts';
import { operator, RotationLog, toView } from './rotation-log.ts';
import { RotationsService } from './rotations.service.ts';
import { SecretKeyRotation } from './secret-key-rotation.ts';

export interface StoredRotation {
  readonly kind: Rotation['kind'];
  /** Of `data-keys`: the one workspace; null for all and the services. */
  readonly workspaceId: string | null;
  /** Whether no server uses the vault meanwhile: then none has to know the new secret key. */
  readonly serverStopped: boolean;
}

/**
 * Changes keys in the vault's database from beginning to end, for an operator beside the server; goes on with a change that
 * was left unfinished.
 *
 * @throws Error with one line for the operator; what was done stays done, and the next call goes on from there
 */
export function rotateStoredVault(
  { kind, workspaceId, serverStopped }: StoredRotation,
  options: ServiceDatabaseOptions,
): Promise<Rotation> {
  return withVault(options, async ({ database, dataKeys, log, rotations }) => {
    if (kind === 'secret-key' && !serverStopped) await requireAnnounced(database, dataKeys);
    const running = await log.running();
    const isThis = running?.kind === kind && running.workspaceId === workspaceId;
    const rotation =
      running !== null && isThis && (kind === 'data-keys' || running.secretKeyId === dataKeys.given.target.id)
        ? running
        : kind === 'secret-key'
          ? await rotations.startSecretKey(operator)
          : await rotations.startDataKeys(operator, workspaceId);
    await rotations.work(rotation);
    return toView((await log.last()) ?? rotation);
  });
}

/** Tells which secret key the data are under, and how far the last change of keys is. Errors as {@link rotateStoredVault}. */
export function readStoredRotation(options: ServiceDatabaseOptions): Promise<ReplyOf<typeof rotationStatus>> {
  return withVault(options, ({ rotations }) => rotations.status());
}

interface StoredVault {
  readonly database: Database;
  readonly dataKeys: DataKeys;
  readonly log: RotationLog;
  readonly rotations: RotationsService;
}

async function withVault<T>(options: ServiceDatabaseOptions, work: (vault: StoredVault) => Promise<T>): Promise<T> {
  const { settings, clock, logger } = options;
  const database = await openServiceDatabase(credentialVaultDatabase, options);
  try {
    // Unlocking an empty vault would make its first key.
    if ((await database.read((em) => em.count(SecretKeyEntity))) === 0) {
      throw new Error('The vault is empty: start the server once.');
    }
    const ids = new UuidV7(clock);
    const secretKey = loadSecretKey(settings);
    const previousSecretKeys = loadPreviousSecretKeys(settings);
    const dataKeys = await DataKeys.unlock({ database, secretKey, previousSecretKeys, ids, clock });
    const log = new RotationLog(database, new AuditOutbox(), ids, clock);
    const ofSecretKey = new SecretKeyRotation(database, dataKeys, log, clock);
    const ofDataKeys = new DataKeyRotation(database, dataKeys, log);
    const rotations = new RotationsService(database, dataKeys, log, ofSecretKey, ofDataKeys, clock, logger);
    return await work({ database, dataKeys, log, rotations });
  } finally {
    await database.close();
  }
}

/** A server that does not know the new secret key could open nothing once it took over. */
async function requireAnnounced(database: Database, { given }: DataKeys): Promise<void> {
  const { current, next } = await database.read(readRegistry);
  if ([current?.id, next?.id].includes(given.target.id)) return;
  throw new Error(
    `The server does not know ${given.target.source} yet: start it with that and with the present key in ` +
      'FLOWKEEP_PREVIOUS_SECRET_KEYS, then rotate. If no server runs, add --stopped.',
  );
}
