import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readTestSchemas } from '@flowkeep/testing';
import type { Installation } from './installation.ts';

/** The bytes of all files below a directory, one after another, but of those with these names. */
export function readFiles(directory: string, but: readonly string[] = []): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const contents = entries
    .filter((entry) => entry.isFile() && !but.includes(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return Buffer.concat(contents).toString('latin1');
}

/** Every row of every table of an installation, as text. */
export async function readRows({ schemaPrefix, dataDir }: Installation): Promise<string[]> {
  return schemaPrefix === undefined ? readDatabases(dataDir) : readTestSchemas(schemaPrefix);
}

/** Through SQLite: in its files a long value lies in pieces. */
function readDatabases(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.db') && name !== 'lock.db')
    .flatMap((name) => {
      const database = new DatabaseSync(join(directory, name), { readOnly: true });
      try {
        const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
        return tables.flatMap(({ name: table }) =>
          database
            .prepare(`select * from "${String(table)}"`)
            .all()
            .map((row) => `${String(table)} ${textOf(row)}`),
        );
      } finally {
        database.close();
      }
    });
}

function textOf(row: Record<string, unknown>): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}
