import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectInProcess, createBroker } from '@flowkeep/bus';
import {
  databaseUrlOf,
  keepsFiles,
  lockDataDir,
  processEnvironment,
  readSettings,
  type Settings,
  SystemClock,
} from '@flowkeep/config';
import { DomainError, type ServiceName } from '@flowkeep/contracts';
import { startCredentialVault } from '@flowkeep/credential-vault';
import { openAccounts, type OperatorAccounts } from '@flowkeep/identity';
import { readArguments } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';

/** What every command about accounts takes. */
export const accountOptions = {
  username: { type: 'string' },
  'env-file': { type: 'string' },
  distributed: { type: 'boolean' },
} as const;

export interface AccountArguments {
  readonly username?: string | undefined;
  readonly 'env-file'?: string | undefined;
  readonly distributed?: boolean | undefined;
}

/** A command that can't do what it was asked, in one line. */
export class Refusal extends Error {}

/** The settings of the installation whose accounts are meant. */
export function accountSettings(values: AccountArguments): Settings {
  const file = values['env-file'];
  const sources = [processEnvironment(), ...readArguments(file === undefined ? [] : ['--env-file', file])];
  return readSettings({ mode: values.distributed === true ? 'distributed' : 'standalone', sources }).settings;
}

/** @throws Refusal when the operator did not allow commands that give out rights */
export function requireSuperuserCli({ enableSuperuserCli }: Settings): void {
  if (!enableSuperuserCli) {
    throw new Refusal('This command gives out rights: set FLOWKEEP_ENABLE_SUPERUSER_CLI=true to allow it.');
  }
}

/**
 * Lets a command work on the accounts of an installation that keeps them in PostgreSQL, or is stopped. The vault has the
 * key of the audit log, so one of our own runs meanwhile.
 *
 * @throws Refusal for a user there is none of
 * @throws Error with one line when databases or secret key are not there, or a server uses them
 */
export async function withAccounts<T>(
  settings: Settings,
  username: string,
  work: (accounts: OperatorAccounts) => Promise<T>,
): Promise<T> {
  requireData(settings);
  const lock = keepsFiles(settings) ? lockDataDir(settings.dataDir) : null;
  const clock = new SystemClock();
  // Nobody reads a log here; what goes wrong is the command's own answer.
  const logger = new PinoLogger({ service: 'cli', level: 'error' });
  const broker = createBroker({ prefix: settings.busPrefix });
  const context = (service: ServiceName) => {
    return { settings, clock, logger, bus: connectInProcess(broker, { service, clock, logger }) };
  };
  try {
    const vault = await startCredentialVault(context('vault'));
    try {
      const accounts = await openAccounts(context('identity'));
      try {
        return await work(accounts);
      } finally {
        await accounts.close();
      }
    } finally {
      await vault.stop();
    }
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'user_not_found') throw error;
    throw new Refusal(`There is no user named ${username}.`, { cause: error });
  } finally {
    lock?.release();
    await logger.flush();
  }
}

/** Asked first: a directory that was mistyped must not be made, nor a secret key in it. */
function requireData(settings: Settings): void {
  const here = databaseUrlOf(settings, 'identity') === null ? join(settings.dataDir, 'identity.db') : settings.dataDir;
  if (!keepsFiles(settings) || existsSync(here)) return;
  throw new Error(`FLOWKEEP_DATA_DIR has no data yet: run "flowkeep db migrate", or start the server (${here}).`);
}
