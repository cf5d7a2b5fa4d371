import { type Clock, databaseUrlOf, type Settings } from '@flowkeep/config';
import type { Logger } from '@flowkeep/telemetry';
import type { Database } from './database.ts';
import { type DatabaseDefinition, type DatabaseLocation, postgresqlLocation } from './definition.ts';
import { migrateDatabase } from './migrate-database.ts';
import { openDatabase } from './open-database.ts';

export interface ServiceDatabaseContext {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens a service's database where the settings say it is; fails as `openDatabase` does. */
export function openServiceDatabase(
  definition: DatabaseDefinition,
  { settings, clock, logger }: ServiceDatabaseContext,
): Promise<Database> {
  return openDatabase(definition, { ...locate(definition, settings), clock, logger });
}

/** Brings a service's database to the code's version where the settings say it is; as `migrateDatabase`. */
export function migrateServiceDatabase(
  definition: DatabaseDefinition,
  { settings, clock, logger }: ServiceDatabaseContext,
): Promise<string[]> {
  return migrateDatabase(definition, { ...locate(definition, settings), clock, logger });
}

function locate({ service }: DatabaseDefinition, settings: Settings): DatabaseLocation {
  const url = databaseUrlOf(settings, service);
  if (url === null) return { directory: settings.dataDir };
  return postgresqlLocation(service, url, settings.databaseSchemaPrefix);
}
