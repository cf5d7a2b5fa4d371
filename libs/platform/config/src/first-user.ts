import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** Where a standalone server leaves the password it generated. */
export function initialPasswordPath(dataDir: string): string {
  return join(dataDir, 'initial-password');
}

/** What the first superuser is called. */
export function firstUsername({ superuser }: Settings): string {
  return superuser ?? 'flowkeep';
}

/**
 * Name and password of the first superuser. A standalone server that was given no password makes one and leaves it in a
 * file only its owner can read.
 */
export function firstUser(settings: Settings): { username: string; password: string; generated: boolean } {
  const username = firstUsername(settings);
  if (settings.superuserPassword !== null) {
    return { username, password: settings.superuserPassword, generated: false };
  }
  const password = randomBytes(18).toString('base64url');
  const path = initialPasswordPath(settings.dataDir);
  // A file that is already there would keep its mode.
  rmSync(path, { force: true });
  writeFileSync(path, password, { mode: 0o600, flag: 'wx' });
  return { username, password, generated: true };
}

/** Removes the file of the generated password, once it is not the password any more. */
export function forgetInitialPassword(settings: Settings): void {
  rmSync(initialPasswordPath(settings.dataDir), { force: true });
}
