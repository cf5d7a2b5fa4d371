import { loadSecretKey, prepareDataDir, processEnvironment, readSettings, SystemClock } from '@flowkeep/config';
import { requireStrongSecretKey } from '@flowkeep/crypto';
import { migrateServiceDatabase } from '@flowkeep/persistence';
import { logLevelOf, readArguments } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';
import { databases } from '../databases.ts';

const flags = ['--distributed', '--databases-only'];

/**
 * Creates schemas and roles, and brings every service's tables up to date. Safe to run again, and by several at once.
 * Of a distributed installation it asks for everything the services will need too, unless told that it is given the
 * databases only.
 */
export async function migrate(args: readonly string[]): Promise<void> {
  const databasesOnly = args.includes('--databases-only');
  const distributed = databasesOnly || args.includes('--distributed');
  const sources = [processEnvironment(), ...readArguments(args.filter((argument) => !flags.includes(argument)))];
  const { settings } = readSettings({
    mode: distributed ? 'distributed' : 'standalone',
    sources,
    ...(databasesOnly ? { service: 'databases' } : {}),
  });
  if (!distributed) {
    prepareDataDir(settings.dataDir);
    // Before there are data: a server that finds data without their key refuses to start.
    requireStrongSecretKey(loadSecretKey(settings));
  }
  const logger = new PinoLogger({ service: 'cli', level: logLevelOf(settings) });
  const clock = new SystemClock();
  for (const database of databases) await migrateServiceDatabase(database, { settings, clock, logger });
  await logger.flush();
}
