import { describe, expect, it } from '@jest/globals';
import { type Environment, readSettings, SettingsError } from './settings.ts';

const workspaceId = '0190a2b0-0000-7000-8000-0000000000aa';

function read(environment: Environment) {
  return readSettings({ mode: 'standalone', sources: [environment] }).settings;
}

function problemsOf(environment: Environment): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('what variables may refer to', () => {
  it('is nothing unless an operator says so', () => {
    const settings = read({ MINE: 'x' });
    expect(settings.references).toBeNull();
    expect(settings.referencedEnvironment.size).toBe(0);
  });

  it('is read by workspace, and of the environment only what is named', () => {
    const settings = read({
      FLOWKEEP_REFERENCES: JSON.stringify({
        '*': { env: ['SHARED'] },
        [workspaceId.toUpperCase()]: { env: ['MINE', 'UNSET'], directories: ['/run/secrets'] },
      }),
      SHARED: 'shared',
      MINE: 'mine',
      OTHER: 'other',
    });
    expect(settings.references).toEqual({
      '*': { env: ['SHARED'], directories: [] },
      [workspaceId]: { env: ['MINE', 'UNSET'], directories: ['/run/secrets'] },
    });
    expect(Object.fromEntries(settings.referencedEnvironment)).toEqual({ SHARED: 'shared', MINE: 'mine' });
  });

  it.each([
    ['text', /must be a JSON object/],
    ['[]', /must be a JSON object/],
    ['{"*": []}', /must be a JSON object/],
    ['{"team": {}}', /neither a workspace id nor \*/],
    ['{"*": {"files": []}}', /a field other than/],
    ['{"*": {"env": "A"}}', /is no list/],
    ['{"*": {"env": [1]}}', /is no list/],
    ['{"*": {"directories": ["run/secrets"]}}', /no absolute path/],
    ['{"*": {"env": ["FLOWKEEP_SECRET_KEY"]}}', /settings are not for flows/],
    ['{"*": {"env": ["DATABASE_URL"]}}', /settings are not for flows/],
    ['{"*": {"env": ["A-B"]}}', /a name that is none/],
  ])('stops the start when it is %s', (text, problem) => {
    const problems = problemsOf({ FLOWKEEP_REFERENCES: text });
    expect(problems).toEqual([expect.stringMatching(/^FLOWKEEP_REFERENCES .*\.$/)]);
    expect(problems[0]).toMatch(problem);
  });

  it('is never a file of our own secrets', () => {
    const settings = read({ FLOWKEEP_SECRET_KEY_FILE: '/run/secrets/key', LANGFLOW_SECRET_KEY_FILE: '/run/other' });
    expect(settings.secretFiles).toEqual(['/run/secrets/key', '/run/other']);
  });
});

describe('previous secret keys', () => {
  it('are a list, in a file one a line', () => {
    expect(read({ FLOWKEEP_PREVIOUS_SECRET_KEYS: 'one, two' }).previousSecretKeys).toEqual(['one', 'two']);
    expect(read({ FLOWKEEP_PREVIOUS_SECRET_KEYS: 'one\ntwo\n' }).previousSecretKeys).toEqual(['one', 'two']);
    expect(read({ FLOWKEEP_PREVIOUS_SECRET_KEYS: '["with, comma"]' }).previousSecretKeys).toEqual(['with, comma']);
    expect(problemsOf({ FLOWKEEP_PREVIOUS_SECRET_KEYS_FILE: '/nowhere/key' })).toEqual([
      expect.stringMatching(/^FLOWKEEP_PREVIOUS_SECRET_KEYS_FILE can't be read/),
    ]);
  });
});
