import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/**
 * Reads a `.env` file: comments, quotes and `export` as usual.
 *
 * @throws Error with one clear sentence when the file can't be read
 */
export function readEnvFile(path: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The file given with --env-file can't be read: ${path} (${code ?? 'unknown'})`, { cause: error });
  }
}
