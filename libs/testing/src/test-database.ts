import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { type Clock, SystemClock } from '@flowkeep/config';
import {
  type Database,
  type DatabaseDefinition,
  type DatabaseOptions,
  type Dialect,
  migrateDatabase,
  openDatabase,
  postgresqlLocation,
} from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import { missingParts, testPostgresqlUrl } from './parts.ts';

/** A migrated database that nobody else uses. */
export interface TestDatabase {
  readonly database: Database;
  /** To open it a second time, as another instance of the service would. */
  readonly options: DatabaseOptions;
  /** Closes it and removes everything that was made for it. */
  close(): Promise<void>;
}

/** An empty place for a database, in a random directory or under a random schema prefix. */
export function testDatabaseOptions(
  definition: DatabaseDefinition,
  dialect: Dialect,
  clock: Clock = new SystemClock(),
): { options: DatabaseOptions; remove: () => Promise<void> } {
  const logger = new SilentLogger();
  if (dialect === 'sqlite') {
    const directory = mkdtempSync(join(tmpdir(), 'flowkeep-test-'));
    const remove = () => rm(directory, { recursive: true, force: true });
    return { options: { directory, clock, logger }, remove };
  }
  const prefix = `t${randomBytes(6).toString('hex')}_`;
  const location = postgresqlLocation(definition.service, { url: testPostgresqlUrl(), own: false }, prefix);
  const remove = async () => {
    await onTestPostgresql(
      `drop schema if exists ${location.schema} cascade; drop role if exists ${location.role as string}`,
    );
  };
  return { options: { ...location, clock, logger }, remove };
}

/** Opens a migrated database of its own for a test. */
export async function openTestDatabase(
  definition: DatabaseDefinition,
  dialect: Dialect,
  clock: Clock = new SystemClock(),
): Promise<TestDatabase> {
  const { options, remove } = testDatabaseOptions(definition, dialect, clock);
  await migrateDatabase(definition, options);
  const database = await openDatabase(definition, options);
  const close = async () => {
    await database.close();
    await remove();
  };
  return { database, options, close };
}

/**
 * Defines the same tests for SQLite and PostgreSQL. Without a PostgreSQL server its half is skipped by name, or fails
 * when `FLOWKEEP_TEST_REQUIRE` has `postgres` in it.
 *
 * @example await describeOnDialects('API keys', (dialect) => { it('…', …) })
 */
export async function describeOnDialects(title: string, define: (dialect: Dialect) => void): Promise<void> {
  describe(`${title} on sqlite`, () => define('sqlite'));
  const run = (await missingParts(['postgres'])).length === 0 ? describe : describe.skip;
  run(`${title} on postgresql`, () => define('postgresql'));
}

/** Removes the schemas and roles of an installation under test from the tests' PostgreSQL. */
export async function dropTestSchemas(prefix: string): Promise<void> {
  if (!/^[a-z][a-z0-9_]+$/.test(prefix)) throw new Error('a prefix is lower-case letters, digits and _');
  await onTestPostgresql(`do $$ declare name text; begin
    for name in select nspname from pg_namespace where starts_with(nspname, '${prefix}')
      loop execute format('drop schema %I cascade', name); end loop;
    for name in select rolname from pg_roles where starts_with(rolname, 'flowkeep_${prefix}')
      loop execute format('drop owned by %I cascade', name); execute format('drop role %I', name); end loop;
  end $$`);
}

/** Every row of every table in the schemas with this prefix, as PostgreSQL writes rows; bytes are in hex. */
export async function readTestSchemas(prefix: string): Promise<string[]> {
  const tables = await onTestPostgresql<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where starts_with(table_schema, '${prefix}') and table_type = 'BASE TABLE'`,
  );
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await onTestPostgresql<{ row: string }>(`select t::text as row from ${name} t`);
    rows.push(...found.map(({ row }) => `${name} ${row}`));
  }
  return rows;
}

/** Runs a statement as the test server's own user, past any role; its rows. */
export async function onTestPostgresql<Row extends object>(sql: string): Promise<Row[]> {
  const orm = new MikroORM({
    driver: PostgreSqlDriver,
    clientUrl: testPostgresqlUrl(),
    entities: [],
    discovery: { warnWhenNoEntities: false },
    pool: { min: 0, max: 1 },
  });
  try {
    await orm.connect();
    return await orm.em.getConnection().execute<Row[]>(sql);
  } finally {
    await orm.close(true);
  }
}
