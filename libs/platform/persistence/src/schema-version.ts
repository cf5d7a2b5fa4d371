import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect } from './definition.ts';
import { query } from './query.ts';

/** Remembers the migrations a database has had. */
export const versionTable = 'schema_migration';

export const createVersionTable = `create table if not exists ${versionTable} (name varchar(255) not null primary key, applied_at bigint not null)`;

const tableExists = {
  sqlite: `select 1 from sqlite_master where type = 'table' and name = '${versionTable}'`,
  postgresql: `select 1 where to_regclass('${versionTable}') is not null`,
} as const satisfies Record<Dialect, string>;

/** The names of the migrations the database has had, in order; none for an empty one. */
export async function readVersion(em: SqlEntityManager, dialect: Dialect): Promise<string[]> {
  const table = await query(em, tableExists[dialect]);
  if (table.rows.length === 0) return [];
  const { rows } = await query<{ name: string }>(em, `select name from ${versionTable} order by name`);
  return rows.map((row) => row.name);
}
