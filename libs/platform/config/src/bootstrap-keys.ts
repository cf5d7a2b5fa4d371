import type { Kind } from './kinds.ts';

/** A key the operator wants there from the start: the key itself, or its SHA-256. */
export interface BootstrapKey {
  readonly name: string;
  readonly key: string | null;
  /** Lower-case hex. */
  readonly hash: string | null;
  readonly permissions: readonly string[];
  /** Who holds it; null = the first superuser. */
  readonly username: string | null;
}

const fields: ReadonlySet<string> = new Set(['name', 'key', 'hash', 'permissions', 'username']);
const maxEntries = 100;
const minKeyLength = 32;
const minDifferentCharacters = 12;

/** `[{"name", "key" or "hash", "permissions", "username"?}]`. What is wrong is said by the number of the entry. */
export const bootstrapKeys: Kind<readonly BootstrapKey[]> = {
  describe: 'a JSON list of keys',
  parse: (text) => {
    const entries = readList(text);
    return entries.map((entry, index) => {
      const problem = problemOf(entry);
      if (problem !== null) throw new Error(`entry ${index} ${problem}`);
      const { name, key = null, hash = null, permissions, username = null } = entry as Partial<BootstrapKey>;
      return { name: name as string, key, hash, permissions: permissions as string[], username };
    });
  },
};

function readList(text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('must be JSON');
  }
  if (!Array.isArray(parsed) || parsed.length > maxEntries) {
    throw new Error(`must be a JSON list of at most ${maxEntries} keys`);
  }
  return parsed;
}

function problemOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null) return 'must be an object';
  const { name, key, hash, permissions, username } = entry as Record<string, unknown>;
  const unknown = Object.keys(entry).findIndex((field) => !fields.has(field));
  if (unknown >= 0) return `has a field that is none of ${[...fields].join(', ')}`;
  if (!isText(name)) return 'needs a name of at most 255 characters';
  if ((key === undefined) === (hash === undefined)) return 'needs either a key or its hash';
  if (hash !== undefined && !(typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash))) {
    return 'has a hash that is not 64 lower-case hexadecimal digits';
  }
  if (key !== undefined && !isStrong(key)) {
    return `has a key of less than ${minKeyLength} or more than 256 characters, or of too few different ones`;
  }
  const isList = Array.isArray(permissions) && permissions.every((permission) => typeof permission === 'string');
  if (!isList) return 'needs a list of permissions';
  return username === undefined || isText(username) ? null : 'has a username that is not text';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 255;
}

function isStrong(key: unknown): boolean {
  if (typeof key !== 'string' || key.length < minKeyLength || key.length > 256) return false;
  return /^[\x21-\x7e]+$/.test(key) && new Set(key).size >= minDifferentCharacters;
}
