import { databaseUrlOf, type Clock, type Settings } from '@flowkeep/config';
import type { DataServiceName } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import type { Database } from './database.ts';
import { type DatabaseDefinition, type DatabaseLocation, postgresqlLocation } from './definition.ts';
import { backupDatabase } from './backup-database.ts';
import { migrateDatabase } from './migrate-database.ts';
import { openDatabase } from './open-database.ts';

export interface ServiceDatabaseOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens a service's database where the settings say it is. Errors as `openDatabase`. */
export function openServiceDatabase(
  definition: DatabaseDefinition,
  options: ServiceDatabaseOptions,
): Promise<Database> {
  return openDatabase(definition, { ...locationOf(definition.service, options.settings), ...options });
}

/** Brings a service's tables up to date where the settings say they are. Errors as `migrateDatabase`. */
export function migrateServiceDatabase(
  definition: DatabaseDefinition,
  options: ServiceDatabaseOptions,
): Promise<string[]> {
  return migrateDatabase(definition, { ...locationOf(definition.service, options.settings), ...options });
}

/** Copies a service's database from where the settings say it is. Errors as `backupDatabase`. */
export function backupServiceDatabase(
  definition: DatabaseDefinition,
  options: ServiceDatabaseOptions,
  toFile: string,
): Promise<void> {
  return backupDatabase(definition, { ...locationOf(definition.service, options.settings), ...options }, toFile);
}

function locationOf(service: DataServiceName, settings: Settings): DatabaseLocation {
  const url = databaseUrlOf(settings, service);
  if (url === null) return { directory: settings.dataDir };
  return postgresqlLocation(service, url, settings.databaseSchemaPrefix);
}
