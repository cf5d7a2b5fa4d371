import { loadPreviousSecretKeys, loadSecretKey } from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import { AuditOutbox, openServiceDatabase, type ServiceDatabaseOptions, UuidV7 } from '@flowkeep/persistence';
import { credentialVaultDatabase } from '../database.ts';
import { DataKeys } from '../data-keys/data-keys.ts';
import { SecretKeyEntity } from '../data-keys/secret-key.entity.ts';
import { SystemSecrets } from './system-secrets.service.ts';

/**
 * Reads a service's secret straight from the vault's database, for commands that an operator runs beside the server.
 *
 * @returns null when there is no such secret, also in a vault that was never used
 * @throws Error with one line for the operator when the secret key is missing, weak or another one, or the database
 *   can't be opened
 */
export async function readStoredSystemSecret(
  service: ServiceName,
  name: string,
  options: ServiceDatabaseOptions,
): Promise<string | null> {
  const { settings, clock } = options;
  const database = await openServiceDatabase(credentialVaultDatabase, options);
  try {
    const secretKey = loadSecretKey(settings);
    // Unlocking an empty vault would make its first key.
    if ((await database.read((em) => em.count(SecretKeyEntity))) === 0) return null;
    const ids = new UuidV7(clock);
    const dataKeys = await DataKeys.unlock({
      database,
      secretKey,
      previousSecretKeys: loadPreviousSecretKeys(settings),
      ids,
      clock,
    });
    return await new SystemSecrets(database, dataKeys, new AuditOutbox(), ids, clock).read(service, name);
  } finally {
    await database.close();
  }
}
