import { type Bus, serve } from '@flowkeep/bus';
import { type Clock, firstUser, firstUsername, forgetInitialPassword, type Settings } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { openServiceDatabase, UuidV7 } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { AuditKeys } from './audit/audit-keys.ts';
import { AuditService } from './audit/audit.service.ts';
import { OwnEvents } from './audit/own-events.ts';
import { identityDatabase } from './database.ts';
import { IdentityModule } from './identity.module.ts';
import { IdentityOptions } from './identity-options.ts';
import { Bootstrap } from './users/bootstrap.ts';

const vaultRetryMs = 500;

export interface IdentityDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts identity: its database, the first superuser if there is none, then its handlers. */
export async function startIdentity({ settings, bus, clock, logger }: IdentityDependencies) {
  const database = await openServiceDatabase(identityDatabase, { settings, clock, logger });
  const options = new IdentityOptions({
    accessTokenSeconds: settings.accessTokenExpireSeconds,
    sessionSeconds: settings.refreshTokenExpireSeconds,
    auditRetentionDays: settings.auditRetentionDays,
    newUserIsActive: settings.newUserIsActive,
    examples: settings.createStarterProjects,
    passwordChanged: (username) => {
      if (username === firstUsername(settings)) forgetInitialPassword(settings);
    },
  });
  // Before anything is answered: whoever is told that the server is ready can sign in.
  const ids = new UuidV7(clock);
  const events = new OwnEvents(new AuditService(database, new AuditKeys(database, bus)), ids, clock);
  const bootstrap = new Bootstrap(database, ids, new PasswordHasher(), events, clock);
  if (!(await bootstrap.isDone())) {
    await waitForVault(events, { clock, logger });
    await bootstrap.createSuperuser(firstUser(settings));
  }
  const app = await serve(IdentityModule.forRoot({ bus, database, clock, logger, options }), bus);
  return {
    stop: async () => {
      await app.close();
      await database.close();
    },
  };
}

/** The first user is in the audit log from the beginning, and the log's key is in the vault, which may start later. */
async function waitForVault(
  events: OwnEvents,
  { clock, logger }: Pick<IdentityDependencies, 'clock' | 'logger'>,
): Promise<void> {
  for (;;) {
    try {
      await events.ready();
      return;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'unavailable') throw error;
      logger.warn('the first user waits for the vault', { detail: error.detail });
      await clock.sleep(vaultRetryMs);
    }
  }
}
