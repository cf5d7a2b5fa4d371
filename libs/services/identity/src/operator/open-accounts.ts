import { firstUsername, forgetInitialPassword } from '@flowkeep/config';
import { PasswordHasher } from '@flowkeep/crypto';
import { openServiceDatabase, UuidV7 } from '@flowkeep/persistence';
import { AuditKeys } from '../audit/audit-keys.ts';
import { AuditService } from '../audit/audit.service.ts';
import { OwnEvents } from '../audit/own-events.ts';
import { identityDatabase } from '../database.ts';
import type { IdentityDependencies } from '../start-identity.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { OperatorAccounts } from './operator-accounts.ts';

/**
 * Opens the accounts of an installation for a command that an operator runs beside the server.
 *
 * @param dependencies their bus leads to a vault, which has the key of the audit log
 * @throws Error with one line for the operator when the database can't be opened
 */
export async function openAccounts({ settings, bus, clock, logger }: IdentityDependencies): Promise<OperatorAccounts> {
  const database = await openServiceDatabase(identityDatabase, { settings, clock, logger });
  const ids = new UuidV7(clock);
  const events = new OwnEvents(new AuditService(database, new AuditKeys(database, bus)), ids, clock);
  const hasher = new PasswordHasher();
  const bootstrap = new Bootstrap(database, ids, hasher, events, clock);
  const passwordChanged = (username: string) => {
    if (username === firstUsername(settings)) forgetInitialPassword(settings);
  };
  return new OperatorAccounts({ database, events, bootstrap, hasher, clock, passwordChanged });
}
