import { accessSync, constants, mkdirSync } from 'node:fs';

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
