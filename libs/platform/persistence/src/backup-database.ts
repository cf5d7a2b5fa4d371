import { closeSync, existsSync, openSync } from 'node:fs';
import { WorkerPool, type WorkerTask } from '@flowkeep/workers';
import type { DatabaseDefinition, DatabaseOptions } from './definition.ts';
import { sqlitePath } from './sqlite-file.ts';

const timeoutMs = 60 * 60 * 1000;

/** Reads one snapshot on a connection of its own; the server goes on reading and writing meanwhile. */
const vacuumInto: WorkerTask<{ from: string; to: string }, void> = {
  name: 'backup',
  run: ({ from, to }) => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const file = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
    try {
      file.prepare('vacuum into ?').run(to);
    } finally {
      file.close();
    }
  },
};

/**
 * Writes a copy of a service's SQLite database as of one moment, also while a server uses it.
 *
 * @param toFile must not exist; only its owner will be able to read it
 * @throws Error with one sentence when there is nothing to copy, the file exists, or the database is PostgreSQL, which
 *   has tools of its own for that
 */
export async function backupDatabase(
  { service }: DatabaseDefinition,
  options: DatabaseOptions,
  toFile: string,
): Promise<void> {
  if ('url' in options) throw new Error('A PostgreSQL database is backed up with pg_dump.');
  const from = sqlitePath(options.directory, service);
  if (!existsSync(from)) throw new Error(`There is no database at ${from}.`);
  if (existsSync(toFile)) throw new Error(`The backup file ${toFile} exists already.`);
  closeSync(openSync(toFile, 'wx', 0o600));
  const workers = new WorkerPool({ clock: options.clock, size: 1, timeoutMs });
  try {
    await workers.run(vacuumInto, { from, to: toFile });
  } finally {
    await workers.close();
  }
}
