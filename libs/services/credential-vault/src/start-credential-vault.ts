import { type Bus, serve } from '@flowkeep/bus';
import { type Clock, loadPreviousSecretKeys, loadSecretKey, type Settings } from '@flowkeep/config';
import { AuditOutbox, AuditRelay, openServiceDatabase, UuidV7 } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { CredentialVaultModule } from './credential-vault.module.ts';
import { DataKeys } from './data-keys/data-keys.ts';
import { credentialVaultDatabase } from './database.ts';
import { VaultOptions } from './vault-options.ts';

export interface CredentialVaultDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Starts the vault: opens its data with the secret key, then answers.
 *
 * @throws Error with one line for the operator when the secret key is missing, weak or another one
 */
export async function startCredentialVault({ settings, bus, clock, logger }: CredentialVaultDependencies) {
  const secretKey = loadSecretKey(settings);
  const database = await openServiceDatabase(credentialVaultDatabase, { settings, clock, logger });
  try {
    const ids = new UuidV7(clock);
    const previousSecretKeys = loadPreviousSecretKeys(settings);
    const dataKeys = await DataKeys.unlock({ database, secretKey, previousSecretKeys, ids, clock });
    await dataKeys.announce();
    const outbox = new AuditOutbox();
    const options = new VaultOptions({
      environment: settings.environmentVariables,
      importing: settings.storeEnvironmentVariables,
      fallback: settings.fallbackToEnvVar,
      references: {
        grants: settings.references ?? {},
        environment: settings.referencedEnvironment,
        dataDir: settings.dataDir,
        secretFiles: settings.secretFiles,
      },
    });
    const parts = { database, clock, ids, outbox, dataKeys, bus, logger, options };
    const app = await serve(CredentialVaultModule.forRoot(parts), bus);
    const relay = new AuditRelay({ outbox, database, bus, clock, logger });
    return {
      stop: async () => {
        await app.close();
        await relay.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
