import { isAbsolute } from 'node:path';
import type { Kind } from './kinds.ts';

/** What the variables of a workspace may refer to. */
export interface ReferenceGrant {
  /** Names of the server's environment. */
  readonly env: readonly string[];
  /** Absolute paths of directories whose files may be read. */
  readonly directories: readonly string[];
}

/** By workspace; `*` is for every one. */
export type ReferenceGrants = Readonly<Record<string, ReferenceGrant>>;

const describe = 'a JSON object: workspace id or * → {"env": [names], "directories": [paths]}';
const everyWorkspace = '*';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which environment variables and files an operator lets workspaces refer to. */
export const referenceGrants: Kind<ReferenceGrants> = {
  describe,
  parse: (text) => {
    const parsed = parseObject(text);
    return Object.fromEntries(
      Object.entries(parsed).map(([workspace, grant]) => {
        const id = workspace.toLowerCase();
        if (id !== everyWorkspace && !uuid.test(id)) throw new Error('has a key that is neither a workspace id nor *');
        return [id, parseGrant(grant)];
      }),
    );
  },
};

function parseGrant(grant: unknown): ReferenceGrant {
  if (!isRecord(grant)) throw new Error(`must be ${describe}`);
  const { env = [], directories = [], ...rest } = grant;
  if (Object.keys(rest).length > 0) throw new Error('has a grant with a field other than "env" and "directories"');
  if (!isTexts(env) || !isTexts(directories)) throw new Error('has a grant whose "env" or "directories" is no list');
  if (!directories.every((path) => isAbsolute(path))) throw new Error('has a directory that is no absolute path');
  return { env, directories };
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error(`must be ${describe}`);
  }
  if (!isRecord(parsed)) throw new Error(`must be ${describe}`);
  return parsed;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
