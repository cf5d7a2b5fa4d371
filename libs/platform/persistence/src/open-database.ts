import { existsSync } from 'node:fs';
import { type EntitySchema, MikroORM, SqliteDriver } from '@mikro-orm/sql';
import { Database } from './database.ts';
import type { DatabaseDefinition, DatabaseOptions, PostgresqlLocation } from './definition.ts';
import { connectPostgresql } from './postgresql.ts';
import { readVersion } from './schema-version.ts';
import { sqliteDialect, SqliteFile } from './sqlite-dialect.ts';
import { openSqliteFile, sqlitePath } from './sqlite-file.ts';
import { SqliteWriter } from './sqlite-writer.ts';

type OrmOptions = Pick<DatabaseOptions, 'logger'>;

/**
 * Opens a service's database.
 *
 * @throws Error with one sentence for the operator when the database can't be reached or its tables are of another
 *   version than the code
 */
export async function openDatabase(definition: DatabaseDefinition, options: DatabaseOptions): Promise<Database> {
  const database = 'url' in options ? await openPostgresql(definition, options) : openSqlite(definition, options);
  try {
    const stored = await database.read((em) => readVersion(em, database.dialect));
    checkVersion(definition, stored);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function openSqlite(definition: DatabaseDefinition, options: DatabaseOptions & { directory: string }): Database {
  const path = sqlitePath(options.directory, definition.service);
  if (!existsSync(path)) checkVersion(definition, []);
  const file = new SqliteFile(openSqliteFile(path));
  const orm = new MikroORM({
    ...commonOptions(definition.entities, options),
    driver: SqliteDriver,
    dbName: path,
    driverOptions: sqliteDialect(file),
  });
  return new Database('sqlite', orm, { file, writer: new SqliteWriter(path) });
}

async function openPostgresql(
  definition: DatabaseDefinition,
  options: DatabaseOptions & PostgresqlLocation,
): Promise<Database> {
  const orm = await connectPostgresql(options, commonOptions(definition.entities, options));
  return new Database('postgresql', orm);
}

/** What both dialects are configured with: no files, no console, no global entity manager. */
export function commonOptions(entities: readonly EntitySchema[], { logger }: OrmOptions) {
  return {
    entities: [...entities],
    discovery: { warnWhenNoEntities: false },
    metadataCache: { enabled: false },
    colors: false,
    forceUtcTimezone: true,
    logger: (message: string) => logger.warn('database', { message }),
  };
}

function checkVersion({ service, migrations }: DatabaseDefinition, stored: readonly string[]): void {
  const known = migrations.map((migration) => migration.name);
  const missing = known.filter((name) => !stored.includes(name));
  if (missing.length > 0) {
    throw new Error(
      `The ${service} database has not had the migration ${missing[0] as string}: run "flowkeep db migrate".`,
    );
  }
  const newer = stored.find((name) => !known.includes(name));
  if (newer !== undefined) {
    throw new Error(`The ${service} database was migrated by a newer release (${newer}): start that release.`);
  }
}
