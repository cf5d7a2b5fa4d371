import { describe, expect, it } from '@jest/globals';
import { bootstrapKeys } from './bootstrap-keys.ts';
import { readSettings, type SettingsError } from './settings.ts';

const key = 'canary-0123456789-abcdefghijklmnop';
const entry = { name: 'CI', key, permissions: ['runs:create'] };

function problemsOf(environment: Record<string, string>, service?: 'gateway' | 'keys'): readonly string[] {
  try {
    readSettings({ mode: 'standalone', sources: [environment], ...(service === undefined ? {} : { service }) });
    return [];
  } catch (error) {
    return (error as SettingsError).problems;
  }
}

describe('keys that are made at the start', () => {
  it('come as a JSON list, as a key or its hash', () => {
    const hash = 'a'.repeat(64);
    expect(bootstrapKeys.parse(JSON.stringify([entry, { ...entry, key: undefined, hash, username: 'ada' }]))).toEqual([
      { ...entry, hash: null, username: null },
      { ...entry, key: null, hash, username: 'ada' },
    ]);
    expect(bootstrapKeys.parse('[]')).toEqual([]);
  });

  it.each([
    ['is no JSON', '{'],
    ['is no list', JSON.stringify(entry)],
    ['has too many', JSON.stringify(Array.from({ length: 101 }, () => entry))],
    ['has something else', JSON.stringify([entry, 7])],
    ['has no name', JSON.stringify([entry, { ...entry, name: ' ' }])],
    ['has neither key nor hash', JSON.stringify([entry, { ...entry, key: undefined }])],
    ['has both', JSON.stringify([entry, { ...entry, hash: 'a'.repeat(64) }])],
    ['has a broken hash', JSON.stringify([entry, { ...entry, key: undefined, hash: 'A'.repeat(64) }])],
    ['has a short key', JSON.stringify([entry, { ...entry, key: key.slice(0, 31) }])],
    ['has a weak key', JSON.stringify([entry, { ...entry, key: 'abc'.repeat(20) }])],
    ['has a key with spaces', JSON.stringify([entry, { ...entry, key: `${key} ${key}` }])],
    ['has no permissions', JSON.stringify([entry, { ...entry, permissions: undefined }])],
    ['has a field too much', JSON.stringify([entry, { ...entry, colour: 'canary' }])],
  ])('stop the start when the list %s, without saying what it is', (_name, value) => {
    const problems = problemsOf({ FLOWKEEP_BOOTSTRAP_KEYS: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^FLOWKEEP_BOOTSTRAP_KEYS (must be JSON|must be a JSON list|entry 1 )/);
    expect(problems[0]).not.toContain('canary');
  });
});

describe("the operator's own key", () => {
  it('is needed where it is the only one, by those who judge keys', () => {
    const environment = { FLOWKEEP_API_KEY_SOURCE: 'env' };
    expect(problemsOf(environment)).toEqual(['FLOWKEEP_API_KEY is required while FLOWKEEP_API_KEY_SOURCE is env.']);
    expect(problemsOf(environment, 'gateway')).toHaveLength(1);
    expect(problemsOf(environment, 'keys')).toEqual([]);
    expect(problemsOf({ ...environment, FLOWKEEP_API_KEY: key })).toEqual([]);
  });

  it('is not a short one', () => {
    const problems = problemsOf({ FLOWKEEP_API_KEY_SOURCE: 'env', FLOWKEEP_API_KEY: 'canary' });
    expect(problems).toEqual(['FLOWKEEP_API_KEY is shorter than 16 characters.']);
    const alias = { LANGFLOW_API_KEY_SOURCE: 'env', LANGFLOW_API_KEY: key };
    expect(readSettings({ mode: 'standalone', sources: [alias] }).settings).toMatchObject({
      apiKeySource: 'env',
      apiKey: key,
    });
  });
});
