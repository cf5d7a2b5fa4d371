import { expect, it } from '@jest/globals';
import { type Database, type DatabaseDefinition, type Dialect, query } from '@flowkeep/persistence';
import { SqlSchemaGenerator } from '@mikro-orm/sql';
import { describeOnDialects, openTestDatabase } from './test-database.ts';

interface Index {
  readonly columns: string;
  readonly unique: boolean;
}

interface Table {
  readonly primaryKey: string | undefined;
  readonly columns: Record<string, { readonly nullable: boolean }>;
  readonly indexes: Index[];
}

/**
 * Tests that the migrations of a service lead to exactly what its entities describe, in each dialect, and that the
 * dialects agree on tables, columns, nullability, indexes and unique columns.
 */
export async function describeSchema(definition: DatabaseDefinition): Promise<void> {
  const found = new Map<Dialect, Record<string, Table>>();
  await describeOnDialects(`the schema of ${definition.service}`, (dialect) => {
    it('is what the entities describe, and the same in the other dialect', async () => {
      const test = await openTestDatabase(definition, dialect);
      const { database } = test;
      try {
        const generate = { wrap: false, dropTables: false };
        const missing = await database.read((em) => new SqlSchemaGenerator(em).getUpdateSchemaSQL(generate));
        // Entities don't describe triggers; the migrations' are extra to them.
        const statements = missing.split('\n').filter((line) => !/^(drop (trigger|function) .*)?$/.test(line.trim()));
        expect(statements).toEqual([]);
        const tables = await (dialect === 'sqlite' ? sqliteTables(database) : postgresqlTables(database));
        const described = definition.entities.map(({ meta }) => meta.tableName);
        expect(described.filter((table) => !Object.hasOwn(tables, table))).toEqual([]);
        found.set(dialect, tables);
        for (const other of found.values()) expect(tables).toEqual(other);
      } finally {
        await test.close();
      }
    });
  });
}

async function sqliteTables(database: Database): Promise<Record<string, Table>> {
  return database.read(async (em) => {
    const names = await query<{ name: string }>(
      em,
      "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
    );
    const tables: Record<string, Table> = {};
    for (const { name } of names.rows) {
      const columns = await query<{ name: string; notnull: number; pk: number }>(
        em,
        `select * from pragma_table_info('${name}')`,
      );
      const indexes = await query<{ unique: number; columns: string }>(
        em,
        `select l."unique", (select group_concat(i.name) from pragma_index_info(l.name) i) as columns
         from pragma_index_list('${name}') l where l.origin <> 'pk'`,
      );
      const keyColumns = columns.rows.filter((row) => row.pk > 0).sort((left, right) => left.pk - right.pk);
      tables[name] = {
        primaryKey: keyColumns.map((row) => row.name).join(','),
        columns: Object.fromEntries(columns.rows.map((row) => [row.name, { nullable: row.notnull === 0 }])),
        indexes: sorted(indexes.rows.map((row) => ({ columns: row.columns, unique: row.unique === 1 }))),
      };
    }
    return tables;
  });
}

async function postgresqlTables(database: Database): Promise<Record<string, Table>> {
  return database.read(async (em) => {
    const columns = await query<{ table_name: string; column_name: string; is_nullable: string }>(
      em,
      `select table_name, column_name, is_nullable from information_schema.columns
       where table_schema = current_schema order by table_name, ordinal_position`,
    );
    const indexes = await query<{ table_name: string; unique: boolean; primary: boolean; columns: string }>(
      em,
      `select t.relname as table_name, i.indisunique as unique, i.indisprimary as primary,
         (select string_agg(a.attname, ',' order by k.place) from unnest(i.indkey) with ordinality k (attnum, place)
          join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum) as columns
       from pg_index i join pg_class t on t.oid = i.indrelid
       where t.relnamespace = (select oid from pg_namespace where nspname = current_schema)`,
    );
    const tables: Record<string, Table> = {};
    for (const row of columns.rows) {
      const own = indexes.rows.filter((index) => index.table_name === row.table_name);
      const table = (tables[row.table_name] ??= {
        primaryKey: own.find((index) => index.primary)?.columns,
        columns: {},
        indexes: sorted(own.filter((index) => !index.primary)),
      });
      table.columns[row.column_name] = { nullable: row.is_nullable === 'YES' };
    }
    return tables;
  });
}

function sorted(indexes: readonly Index[]): Index[] {
  return indexes
    .map(({ columns, unique }) => ({ columns, unique }))
    .sort((left, right) => (`${left.columns}${left.unique}` < `${right.columns}${right.unique}` ? -1 : 1));
}
