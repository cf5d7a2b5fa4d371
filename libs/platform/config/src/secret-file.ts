import { readFileSync, statSync } from 'node:fs';
import { settingsTable } from './settings-table.ts';

const maxSecretFileBytes = 64 * 1024;

interface Named {
  readonly name: string;
  readonly secret?: boolean;
}

const names: ReadonlySet<string> = new Set(Object.values(settingsTable).map(({ name }) => name));

/**
 * Whether the value may also be in a file named with `FLOWKEEP_<NAME>_FILE`, as containers get their secrets. The secret
 * key is read by `loadSecretKey`: its file is a setting of its own.
 */
export function hasFileVariable({ name, secret }: Named): boolean {
  return secret === true && !names.has(`${name}_FILE`);
}

/**
 * Reads the value of a secret setting from a file, without the white space around it.
 *
 * @throws Error whose message goes after the variable's name and never has the value
 */
export function readSecretFile(path: string): string {
  const value = readSmallFile(path).trim();
  if (value === '') throw new Error(`is empty: ${path}`);
  return value;
}

function readSmallFile(path: string): string {
  let entry;
  try {
    entry = statSync(path);
    // Asked before it is read: a pipe would keep the start waiting.
    if (entry.isFile() && entry.size <= maxSecretFileBytes) return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`can't be read (${code ?? 'unknown'}): ${path}`, { cause: error });
  }
  throw new Error(entry.isFile() ? `is larger than 64 KiB: ${path}` : `is not a regular file: ${path}`);
}
