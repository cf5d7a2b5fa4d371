import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

type Value = string | number | boolean | null | readonly string[];
export type Row = Readonly<Record<string, Value>>;

/** The databases of an installation, past its services: for more rows than its API would make in any bearable time. */
export interface Store {
  /** Inserts rows of the same columns into a table of a service. */
  insert(service: string, table: string, rows: Iterable<Row>): Promise<void>;
}

const rowsPerTransaction = 5_000;

/** The files in a standalone server's data directory. */
export function sqliteStore(directory: string): Store {
  return {
    insert: async (service, table, rows) => {
      const file = new DatabaseSync(join(directory, `${service}.db`), { timeout: 5_000 });
      try {
        for (const some of chunks(rows)) {
          const columns = Object.keys(some[0] as Row);
          const places = columns.map(() => '?').join(', ');
          const statement = file.prepare(`insert into ${table} (${columns.join(', ')}) values (${places})`);
          file.exec('begin');
          for (const row of some) statement.run(...columns.map((column) => toSqlite(row[column] ?? null)));
          file.exec('commit');
        }
      } finally {
        file.close();
      }
    },
  };
}

/** The schemas of an installation on PostgreSQL. */
export function postgresqlStore(databaseUrl: string, prefix: string): Store {
  return {
    insert: async (service, table, rows) => {
      const name = `${prefix}${service}.${table}`;
      await onPostgresql(databaseUrl, async (execute) => {
        for (const some of chunks(rows)) {
          const columns = Object.keys(some[0] as Row).join(', ');
          await execute(
            `insert into ${name} (${columns}) select ${columns} from json_populate_recordset(null::${name}, ?)`,
            [JSON.stringify(some)],
          );
        }
        // What it does by itself after a while.
        await execute(`vacuum analyze ${name}`);
      });
    },
  };
}

type Execute = (sql: string, parameters?: readonly string[]) => Promise<unknown>;

/** Works on a PostgreSQL server with its own user's rights. */
export async function onPostgresql(databaseUrl: string, work: (execute: Execute) => Promise<void>): Promise<void> {
  const { MikroORM, PostgreSqlDriver } = await import('@mikro-orm/postgresql');
  const orm = new MikroORM({
    driver: PostgreSqlDriver,
    clientUrl: databaseUrl,
    entities: [],
    discovery: { warnWhenNoEntities: false },
  });
  try {
    await work((sql, parameters = []) => orm.em.getConnection().execute(sql, [...parameters]));
  } finally {
    await orm.close(true);
  }
}

function* chunks(rows: Iterable<Row>): Generator<Row[]> {
  let some: Row[] = [];
  for (const row of rows) {
    some.push(row);
    if (some.length < rowsPerTransaction) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

function toSqlite(value: Value): string | number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
