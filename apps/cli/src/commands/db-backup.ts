import { join } from 'node:path';
import { prepareDataDir, processEnvironment, readSettings, SystemClock } from '@flowkeep/config';
import { backupServiceDatabase } from '@flowkeep/persistence';
import { logLevelOf, readArguments } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';
import { databases } from '../databases.ts';

/**
 * Copies the databases of a standalone server into a directory, each as of one moment, also while the server runs. The
 * secret key is not among them: a copy of the data is of no use to whoever has not got the key too.
 */
export async function backup([directory, ...args]: readonly string[]): Promise<void> {
  if (directory === undefined || directory.startsWith('-')) throw new Error('Usage: flowkeep db backup <directory>');
  const sources = [processEnvironment(), ...readArguments(args)];
  const { settings } = readSettings({ mode: 'standalone', sources });
  prepareDataDir(directory);
  const logger = new PinoLogger({ service: 'cli', level: logLevelOf(settings) });
  const clock = new SystemClock();
  for (const database of databases) {
    await backupServiceDatabase(database, { settings, clock, logger }, join(directory, `${database.service}.db`));
  }
  await logger.flush();
}
