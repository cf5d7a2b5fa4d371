import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DataServiceName } from '@flowkeep/contracts';

/** How long a statement waits for another process that writes, for example a backup or a migration. */
const busyTimeoutMs = 2_000;

/** The file that holds a service's data. */
export function sqlitePath(directory: string, service: DataServiceName): string {
  return join(directory, `${service}.db`);
}

/**
 * Opens a database file that only the owner can read, creating it and its directory where absent.
 *
 * @param waitMs how long to wait for another process's lock
 * @throws Error with one sentence when the directory can't be written
 */
export function openSqliteFile(path: string, waitMs: number = busyTimeoutMs): DatabaseSync {
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    const file = new DatabaseSync(path, { timeout: waitMs });
    file.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;');
    return file;
  } catch (error) {
    throw new Error(`The database file ${path} can't be opened for writing: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
