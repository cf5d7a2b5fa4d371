import { type Bus, serve } from '@flowkeep/bus';
import type { Clock, Settings } from '@flowkeep/config';
import { AuditOutbox, AuditRelay, openServiceDatabase, UuidV7 } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { keyManagementDatabase } from './database.ts';
import { BootstrapKeys, checkBootstrapKeys } from './keys/bootstrap-keys.ts';
import { KeyChanges } from './keys/key-changes.ts';
import { KeyRules } from './keys/key-rules.ts';
import { KeyManagementModule } from './key-management.module.ts';

export interface KeyManagementDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Starts key management: its database, then its handlers.
 *
 * @throws SettingsError for keys in the settings that nobody could use
 */
export async function startKeyManagement({ settings, bus, clock, logger }: KeyManagementDependencies) {
  checkBootstrapKeys(settings.bootstrapKeys);
  const database = await openServiceDatabase(keyManagementDatabase, { settings, clock, logger });
  try {
    const outbox = new AuditOutbox();
    const rules = new KeyRules(settings.apiKeyMaxDays, settings.apiKeySource === 'db');
    const app = await serve(KeyManagementModule.forRoot({ bus, database, clock, outbox, rules }), bus);
    const parts = { database, bus, clock, logger, ids: app.get(UuidV7), changes: app.get(KeyChanges) };
    const bootstrap = new BootstrapKeys(settings.bootstrapKeys, parts);
    void bootstrap.start();
    const relay = new AuditRelay({ outbox, database, bus, clock, logger });
    return {
      stop: async () => {
        await bootstrap.stop();
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
