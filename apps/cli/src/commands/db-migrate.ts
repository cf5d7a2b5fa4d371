import { loadSecretKey, prepareDataDir, processEnvironment, readSettings, SystemClock } from '@flowkeep/config';
import { requireStrongSecretKey } from '@flowkeep/crypto';
import { migrateServiceDatabase } from '@flowkeep/persistence';
import { logLevelOf, readArguments } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';
import { databases } from '../databases.ts';

/** Creates schemas and roles, and brings every service's tables up to date. Safe to run again, and by several at once. */
export async function migrate(args: readonly string[]): Promise<void> {
  const distributed = args.includes('--distributed');
  const sources = [processEnvironment(), ...readArguments(args.filter((argument) => argument !== '--distributed'))];
  const { settings } = readSettings({ mode: distributed ? 'distributed' : 'standalone', sources });
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
