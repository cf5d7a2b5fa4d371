import { type Bus, serve } from '@flowkeep/bus';
import type { Clock, Settings } from '@flowkeep/config';
import { AuditOutbox, AuditRelay, openServiceDatabase } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { keyManagementDatabase } from './database.ts';
import { KeyManagementModule } from './key-management.module.ts';

export interface KeyManagementDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts key management: its database, then its handlers. */
export async function startKeyManagement({ settings, bus, clock, logger }: KeyManagementDependencies) {
  const database = await openServiceDatabase(keyManagementDatabase, { settings, clock, logger });
  try {
    const outbox = new AuditOutbox();
    const app = await serve(KeyManagementModule.forRoot({ bus, database, clock, outbox }), bus);
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
