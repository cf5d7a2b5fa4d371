import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** Where a standalone server leaves the password it generated. */
export function initialPasswordPath(dataDir: string): string {
  return join(dataDir, 'initial-password');
}

/**
 * Name and password of the first superuser. A standalone server that was given no password makes one and leaves it in a
 * file only its owner can read.
 */
export function firstUser(settings: Settings): { username: string; password: string } {
  const username = settings.superuser ?? 'flowkeep';
  if (settings.superuserPassword !== null) return { username, password: settings.superuserPassword };
  const password = randomBytes(18).toString('base64url');
  const path = initialPasswordPath(settings.dataDir);
  // A file that is already there would keep its mode.
  rmSync(path, { force: true });
  writeFileSync(path, password, { mode: 0o600, flag: 'wx' });
  return { username, password };
}
