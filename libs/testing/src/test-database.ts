import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { type Clock, processEnvironment, SystemClock } from '@flowkeep/config';
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

/** A migrated database that nobody else uses. */
export interface TestDatabase {
  readonly database: Database;
  /** To open it a second time, as another instance of the service would. */
  readonly options: DatabaseOptions;
  /** Closes it and removes everything that was made for it. */
  close(): Promise<void>;
}

/** The PostgreSQL server that tests use. */
export function testPostgresqlUrl(): string {
  return processEnvironment()['FLOWKEEP_TEST_DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
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
    const remove = async () => rmSync(directory, { recursive: true, force: true });
    return { options: { directory, clock, logger }, remove };
  }
  const prefix = `t${randomBytes(6).toString('hex')}_`;
  const location = postgresqlLocation(definition.service, { url: testPostgresqlUrl(), own: false }, prefix);
  const remove = () =>
    onTestPostgresql(
      `drop schema if exists ${location.schema} cascade; drop role if exists ${location.role as string}`,
    );
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
  const required = processEnvironment()['FLOWKEEP_TEST_REQUIRE']?.includes('postgres') ?? false;
  const run = required || (await postgresqlReachable()) ? describe : describe.skip;
  run(`${title} on postgresql`, () => define('postgresql'));
}

/** Runs statements as the test server's own user, past any role. */
export async function onTestPostgresql(sql: string): Promise<void> {
  const orm = new MikroORM({
    driver: PostgreSqlDriver,
    clientUrl: testPostgresqlUrl(),
    entities: [],
    discovery: { warnWhenNoEntities: false },
    pool: { min: 0, max: 1 },
  });
  try {
    await orm.connect();
    await orm.em.getConnection().execute(sql);
  } finally {
    await orm.close(true);
  }
}

function postgresqlReachable(): Promise<boolean> {
  const { hostname, port } = new URL(testPostgresqlUrl());
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 1_000 });
    const answer = (reachable: boolean) => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
