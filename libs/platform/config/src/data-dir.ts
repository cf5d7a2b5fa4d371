import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Makes sure the data directory is there, ours alone and writable.
 *
 * @throws Error with one line that names the variable
 */
export function prepareDataDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`FLOWKEEP_DATA_DIR can't be written (${code ?? 'unknown'}): ${path}`, { cause: error });
  }
}

/** A data directory that is ours until we let go of it, or our process ends in whatever way. */
export interface DataDirLock {
  release(): void;
}

/**
 * Takes a data directory for one process: a server that keeps its data there, or a command that changes them.
 *
 * A file that says who has it would outlive a process that was killed. A lock on a small database is the system's own,
 * and goes with the process.
 *
 * @throws Error with one line when another process has it
 */
export function lockDataDir(path: string): DataDirLock {
  const file = join(path, 'lock.db');
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode !== sqliteBusy) throw error;
    throw new Error(`${path} is used by a running server or another command: stop it first.`, { cause: error });
  }
  return { release: () => database.close() };
}

const sqliteBusy = 5;
