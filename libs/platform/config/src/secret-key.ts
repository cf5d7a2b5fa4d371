import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

export interface SecretKey {
  readonly value: string;
  /** Where it came from, for messages: a variable or a file, never the value. */
  readonly source: string;
}

type KeySettings = Pick<Settings, 'mode' | 'dataDir' | 'secretKey' | 'secretKeyFile'>;

/**
 * Finds the secret key: the file, else the variable, else the file a standalone server generated. A standalone server
 * without data yet generates one; one whose data are there and whose key is gone does not.
 *
 * @throws Error with one line that names the variable or file
 */
export function loadSecretKey(settings: KeySettings): SecretKey {
  if (settings.secretKeyFile !== null) {
    return {
      value: readKeyFile(settings.secretKeyFile, 'FLOWKEEP_SECRET_KEY_FILE'),
      source: 'FLOWKEEP_SECRET_KEY_FILE',
    };
  }
  if (settings.secretKey !== null) return { value: settings.secretKey, source: 'FLOWKEEP_SECRET_KEY' };
  const path = join(settings.dataDir, 'secret_key');
  if (existsSync(path)) return { value: readKeyFile(path, path), source: path };
  if (existsSync(join(settings.dataDir, 'vault.db'))) {
    throw new Error(
      `${settings.dataDir} has data but the secret key is missing: put ${path} back, or set FLOWKEEP_SECRET_KEY_FILE.`,
    );
  }
  const value = randomBytes(32).toString('base64url');
  writeFileSync(path, value, { mode: 0o600, flag: 'wx' });
  return { value, source: path };
}

/** The secret keys that the present one follows, as long as something may be under them. */
export function loadPreviousSecretKeys({ previousSecretKeys }: Pick<Settings, 'previousSecretKeys'>): SecretKey[] {
  return previousSecretKeys.map((value) => ({ value, source: 'FLOWKEEP_PREVIOUS_SECRET_KEYS' }));
}

function readKeyFile(path: string, name: string): string {
  try {
    const value = readFileSync(path, 'utf8').trim();
    if (value !== '') return value;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${name} can't be read (${code ?? 'unknown'}): ${path}`, { cause: error });
  }
  throw new Error(`${name} is empty: ${path}`);
}
