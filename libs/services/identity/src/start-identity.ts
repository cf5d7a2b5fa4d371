import { type Bus, serve } from '@flowkeep/bus';
import { type Clock, firstUser, firstUsername, forgetInitialPassword, type Settings } from '@flowkeep/config';
import { PasswordHasher } from '@flowkeep/crypto';
import { openServiceDatabase, UuidV7 } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { AuditService } from './audit/audit.service.ts';
import { identityDatabase } from './database.ts';
import { IdentityModule } from './identity.module.ts';
import { IdentityOptions } from './identity-options.ts';
import { Bootstrap } from './users/bootstrap.ts';

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
    examples: settings.createStarterProjects,
    passwordChanged: (username) => {
      if (username === firstUsername(settings)) forgetInitialPassword(settings);
    },
  });
  // Before anything is answered: whoever is told that the server is ready can sign in.
  const bootstrap = new Bootstrap(database, new UuidV7(clock), new PasswordHasher(), new AuditService(), clock);
  if (!(await bootstrap.isDone())) await bootstrap.createSuperuser(firstUser(settings));
  const app = await serve(IdentityModule.forRoot({ bus, database, clock, logger, options }), bus);
  return {
    stop: async () => {
      await app.close();
      await database.close();
    },
  };
}
