import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { Clock } from '@flowkeep/config';
import type { DatabaseDefinition, DatabaseOptions, Migration, PostgresqlLocation } from './definition.ts';
import { commonOptions } from './open-database.ts';
import { connect } from './postgresql.ts';
import { createVersionTable, versionTable } from './schema-version.ts';
import { openSqliteFile, sqlitePath } from './sqlite-file.ts';

/** How long a migration waits for another process that migrates the same database. */
const lockWaitMs = 60_000;
const statementTimeoutMs = 600_000;
const connectTimeoutMs = 2_000;

/** Names that go unquoted into SQL. */
const plainName = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Brings a service's database to the code's version: creates schema and role where absent and applies the migrations
 * it has not had, all in one transaction under a lock, so that any number of processes may do it at once.
 *
 * @returns the names of the migrations that were applied now
 * @throws Error with one sentence for the operator when the database can't be reached or changed
 */
export async function migrateDatabase(definition: DatabaseDefinition, options: DatabaseOptions): Promise<string[]> {
  const applied =
    'url' in options
      ? await migratePostgresql(definition, options)
      : migrateSqlite(definition, options.directory, options.clock);
  if (applied.length > 0) options.logger.info('database migrated', { database: definition.service, applied });
  return applied;
}

function migrateSqlite(definition: DatabaseDefinition, directory: string, clock: Clock): string[] {
  const file = openSqliteFile(sqlitePath(directory, definition.service), lockWaitMs);
  try {
    file.exec('begin immediate');
    file.exec(createVersionTable);
    const stored = file.prepare(`select name from ${versionTable}`).all() as { name: string }[];
    const insert = file.prepare(`insert into ${versionTable} (name, applied_at) values (?, ?)`);
    const pending = pendingOf(definition, stored);
    for (const migration of pending) {
      for (const statement of migration.sqlite) file.exec(statement);
      insert.run(migration.name, clock.now());
    }
    file.exec('commit');
    return pending.map((migration) => migration.name);
  } finally {
    // Closing rolls an open transaction back.
    file.close();
  }
}

async function migratePostgresql(
  definition: DatabaseDefinition,
  options: DatabaseOptions & PostgresqlLocation,
): Promise<string[]> {
  const { schema, role, url } = options;
  for (const name of [schema, ...(role === undefined ? [] : [role])]) {
    if (!plainName.test(name)) throw new Error(`"${name}" can't be the name of a schema or role.`);
  }
  const orm = new MikroORM({
    ...commonOptions([], options),
    driver: PostgreSqlDriver,
    clientUrl: url,
    pool: { min: 0, max: 1 },
    driverOptions: {
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockWaitMs,
    },
  });
  await connect(orm, url);
  const connection = orm.em.getConnection();
  try {
    return await connection.transactional(async (transaction) => {
      const run: Run = (sql, values = []) => connection.execute<Row[]>(sql, values, 'all', transaction);
      await run(`select pg_advisory_xact_lock(hashtextextended(?, 0))`, [`flowkeep migrate ${schema}`]);
      await createRoleAndSchema(run, schema, role);
      await run(`set local search_path to ${schema}`);
      await run(createVersionTable);
      const pending = pendingOf(definition, await run(`select name from ${versionTable}`));
      for (const migration of pending) {
        for (const statement of migration.postgresql) await run(statement);
        await run(`insert into ${versionTable} (name, applied_at) values (?, ?)`, [
          migration.name,
          options.clock.now(),
        ]);
      }
      return pending.map((migration) => migration.name);
    });
  } finally {
    await orm.close(true);
  }
}

interface Row {
  readonly name: string;
}
type Run = (sql: string, values?: unknown[]) => Promise<Row[]>;

/** Everything after it in the transaction runs as the role, so that the role owns what is created. */
async function createRoleAndSchema(run: Run, schema: string, role: string | undefined): Promise<void> {
  if (role !== undefined) {
    // Roles belong to the whole server, the lock to one database: another one may be creating the same role.
    await run(`do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
    exception when duplicate_object or unique_violation then null; end $$`);
    await run(`do $$ begin
      if not pg_has_role(current_user, '${role}', 'member') then execute format('grant ${role} to %I', current_user); end if;
    end $$`);
  }
  await run(`do $$ begin
    if not exists (select from pg_namespace where nspname = '${schema}') then
      create schema ${schema}${role === undefined ? '' : ` authorization ${role}`};
    end if;
  end $$`);
  if (role !== undefined) await run(`set local role ${role}`);
}

function pendingOf(definition: DatabaseDefinition, stored: readonly Row[]): readonly Migration[] {
  const names = new Set(stored.map((row) => row.name));
  return definition.migrations.filter((migration) => !names.has(migration.name));
}
