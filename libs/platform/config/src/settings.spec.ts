import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Environment, type Mode, readSettings, SettingsError } from './settings.ts';
import type { ServiceName } from '@flowkeep/contracts';

function read(environment: Environment, mode: Mode = 'standalone', service?: ServiceName | 'databases') {
  return readSettings({ mode, sources: [environment], ...(service === undefined ? {} : { service }) });
}

function problemsOf(
  environment: Environment,
  mode: Mode = 'standalone',
  service?: ServiceName | 'databases',
): readonly string[] {
  try {
    read(environment, mode, service);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('need nothing for a standalone server and are safe', () => {
    const { settings, report } = read({});
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 7860, corsOrigins: [], corsAllowCredentials: false });
    expect(report).toEqual({ aliasesUsed: [], warnings: [] });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    ['true', true],
    ['TRUE', true],
    ['Yes', true],
    ['1', true],
    ['off', false],
    ['False', false],
  ])('read %s as a boolean', (text, value) => {
    expect(read({ FLOWKEEP_DISABLE_TRACK_APIKEY_USAGE: text }).settings.disableTrackApikeyUsage).toBe(value);
  });

  it('treat an empty value as not set', () => {
    expect(read({ FLOWKEEP_PORT: '', FLOWKEEP_HOST: '  ' }).settings).toMatchObject({ port: 7860, host: '127.0.0.1' });
  });

  it.each([['https://a.example, https://b.example'], ['["https://a.example","https://b.example"]']])(
    'read the list %s',
    (text) => {
      expect(read({ FLOWKEEP_CORS_ORIGINS: text }).settings.corsOrigins).toEqual([
        'https://a.example',
        'https://b.example',
      ]);
    },
  );

  it('answer to the names of Langflow and SkillFlaw, and prefer their own', () => {
    const { settings, report } = read({ LANGFLOW_PORT: '1234', SKILLFLAW_HOST: '0.0.0.0' });
    expect(settings).toMatchObject({ port: 1234, host: '0.0.0.0' });
    expect(report.aliasesUsed).toEqual(['SKILLFLAW_HOST', 'LANGFLOW_PORT']);
    expect(read({ LANGFLOW_PORT: '1234', FLOWKEEP_PORT: '4321' }).settings.port).toBe(4321);
  });

  it('take the last source that sets a variable', () => {
    const sources = [{ FLOWKEEP_PORT: '1' }, { FLOWKEEP_PORT: '2' }, {}];
    expect(readSettings({ mode: 'standalone', sources }).settings.port).toBe(2);
  });

  it('never take the database or directory of another product', () => {
    const { settings, report } = read({ LANGFLOW_DATABASE_URL: 'postgresql://x@y/z', LANGFLOW_CONFIG_DIR: '/x' });
    expect(settings.databaseUrl).toBeNull();
    expect(report.warnings).toHaveLength(2);
  });

  it('ignore what is unsafe under a foreign name and say what holds instead', () => {
    const { settings, report } = read({
      LANGFLOW_AUTO_LOGIN: 'true',
      LANGFLOW_SUPERUSER_PASSWORD: 'langflow',
      LANGFLOW_CORS_ORIGINS: '*',
      LANGFLOW_CORS_ALLOW_CREDENTIALS: 'true',
    });
    expect(settings).toMatchObject({ superuserPassword: null, corsOrigins: ['*'], corsAllowCredentials: false });
    expect(report.warnings).toEqual([
      'LANGFLOW_SUPERUSER_PASSWORD is a well-known password and is ignored: a password is generated.',
      'LANGFLOW_CORS_ALLOW_CREDENTIALS is ignored: any origin (*) is never allowed to send credentials.',
      'LANGFLOW_AUTO_LOGIN is ignored: there is no automatic login; sign in, or use an API key.',
    ]);
  });

  it.each([
    [{ FLOWKEEP_SUPERUSER_PASSWORD: 'langflow' }, 'FLOWKEEP_SUPERUSER_PASSWORD is a well-known password.'],
    [{ FLOWKEEP_SUPERUSER_PASSWORD: 'short' }, 'FLOWKEEP_SUPERUSER_PASSWORD is shorter than 8 characters.'],
    [{ FLOWKEEP_PORT: 'hunter2' }, 'FLOWKEEP_PORT must be a whole number from 0 to 65535.'],
    [{ LANGFLOW_PORT: '70000' }, 'LANGFLOW_PORT must be a whole number from 0 to 65535.'],
    [{ FLOWKEEP_CORS_ORIGINS: '["a"' }, 'FLOWKEEP_CORS_ORIGINS starts with [ but is not a JSON array.'],
    [
      { FLOWKEEP_DATABASE_URL: 'mysql://a:hunter2@b/c' },
      'FLOWKEEP_DATABASE_URL must be an address that starts with postgres:// or postgresql://.',
    ],
  ])('stop the start over %j without showing the value', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('stop the start when any origin may send credentials', () => {
    const problems = problemsOf({ FLOWKEEP_CORS_ORIGINS: '*', FLOWKEEP_CORS_ALLOW_CREDENTIALS: 'true' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('FLOWKEEP_CORS_ALLOW_CREDENTIALS');
  });

  it('name everything that is wrong at once', () => {
    expect(problemsOf({ FLOWKEEP_PORT: 'x', FLOWKEEP_LOG_LEVEL: 'loud' })).toHaveLength(2);
  });

  it('report names that are not known', () => {
    const { report } = read({ FLOWKEEP_SUPERUSER_PASWORD: 'x', LANGFLOW_WORKERS: '4', FLOWKEEP_TEST_REQUIRE: 'nats' });
    expect(report.warnings).toEqual([
      'FLOWKEEP_SUPERUSER_PASWORD is not a setting of Flowkeep and is ignored.',
      'LANGFLOW_WORKERS is not a setting of Flowkeep and is ignored.',
    ]);
  });

  it('ask each distributed service only for what it needs', () => {
    const bus = { FLOWKEEP_NATS_URL: 'nats://127.0.0.1:4222' };
    expect(problemsOf({}, 'distributed')).toHaveLength(5);
    expect(problemsOf(bus, 'distributed', 'gateway')).toEqual([]);
    expect(problemsOf({ ...bus, FLOWKEEP_DATABASE_URL_KEYS: 'postgres://a@b/c' }, 'distributed', 'keys')).toEqual([]);
    expect(problemsOf({ ...bus, FLOWKEEP_DATABASE_URL: 'postgres://a@b/c' }, 'distributed', 'vault')).toEqual([
      'FLOWKEEP_SECRET_KEY_FILE (or FLOWKEEP_SECRET_KEY) is required for a distributed server.',
    ]);
  });

  it('ask a migration for the databases alone', () => {
    expect(problemsOf({ FLOWKEEP_DATABASE_URL: 'postgres://a@b/c' }, 'distributed', 'databases')).toEqual([]);
    const own = { FLOWKEEP_DATABASE_URL_KEYS: 'postgres://a@b/c', FLOWKEEP_DATABASE_URL_VAULT: 'postgres://a@b/c' };
    expect(problemsOf(own, 'distributed', 'databases')).toEqual([
      'FLOWKEEP_DATABASE_URL is required for a distributed server: SQLite serves one process only.',
    ]);
  });

  it('count an ignored password as none', () => {
    const environment = {
      FLOWKEEP_NATS_URL: 'nats://127.0.0.1:4222',
      FLOWKEEP_DATABASE_URL: 'postgres://a@b/c',
      FLOWKEEP_SUPERUSER: 'ada',
      LANGFLOW_SUPERUSER_PASSWORD: 'langflow',
    };
    expect(problemsOf(environment, 'distributed', 'identity')).toEqual([
      'FLOWKEEP_SUPERUSER_PASSWORD is required for a distributed server.',
    ]);
  });

  it('refuse SQLite behind NATS', () => {
    expect(problemsOf({ FLOWKEEP_NATS_URL: 'nats://127.0.0.1:4222' }, 'distributed', 'keys')).toEqual([
      'FLOWKEEP_DATABASE_URL is required for a distributed server: SQLite serves one process only.',
    ]);
  });
});

describe('a secret in a file', () => {
  let dir: string;
  const path = (name: string) => join(dir, name);
  const password = (name: string) => ({ FLOWKEEP_SUPERUSER_PASSWORD_FILE: path(name) });

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'flowkeep-secret-files-'));
    writeFileSync(path('password'), 'a long passphrase\n');
    symlinkSync(path('password'), path('link'));
    writeFileSync(path('full'), 'x'.repeat(64 * 1024));
    writeFileSync(path('large'), 'x'.repeat(64 * 1024 + 1));
    writeFileSync(path('empty'), ' \n');
    writeFileSync(path('address'), 'mysql://a:canary@b/c');
    mkdirSync(path('directory'));
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(['password', 'link'])('is read from %s without the end of the line', (name) => {
    const { settings, report } = read(password(name));
    expect(settings.superuserPassword).toBe('a long passphrase');
    expect(report.warnings).toEqual([]);
  });

  it('goes before the names of Langflow and SkillFlaw', () => {
    const { settings } = read({ ...password('password'), LANGFLOW_SUPERUSER_PASSWORD: 'another passphrase' });
    expect(settings.superuserPassword).toBe('a long passphrase');
  });

  it('counts as given', () => {
    const nats = { FLOWKEEP_NATS_URL: 'nats://127.0.0.1:4222' };
    expect(problemsOf({ ...nats, FLOWKEEP_DATABASE_URL_FILE: path('address') }, 'distributed', 'keys')).toEqual([
      'FLOWKEEP_DATABASE_URL_FILE must be an address that starts with postgres:// or postgresql://.',
    ]);
  });

  it.each([
    ['missing', "can't be read (ENOENT)"],
    ['password/below', "can't be read (ENOTDIR)"],
    ['empty', 'is empty'],
    ['large', 'is larger than 64 KiB'],
    ['directory', 'is not a regular file'],
  ])('that is %s stops the start', (name, problem) => {
    expect(problemsOf(password(name))).toEqual([`FLOWKEEP_SUPERUSER_PASSWORD_FILE ${problem}: ${path(name)}.`]);
  });

  it('may fill the file, and is then held to the limit of the setting', () => {
    expect(problemsOf(password('full'))).toEqual(['FLOWKEEP_SUPERUSER_PASSWORD_FILE must be at most 1024 characters.']);
  });

  it('and in a variable too stops the start', () => {
    expect(problemsOf({ ...password('password'), FLOWKEEP_SUPERUSER_PASSWORD: 'a long passphrase' })).toEqual([
      'FLOWKEEP_SUPERUSER_PASSWORD_FILE and FLOWKEEP_SUPERUSER_PASSWORD are both set: keep one of them.',
    ]);
  });

  it('is for secrets under our own names only', () => {
    const { settings, report } = read({ FLOWKEEP_HOST_FILE: path('password'), LANGFLOW_SUPERUSER_PASSWORD_FILE: 'x' });
    expect(settings).toMatchObject({ host: '127.0.0.1', superuserPassword: null });
    expect(report.warnings).toEqual([
      'FLOWKEEP_HOST_FILE is not a setting of Flowkeep and is ignored.',
      'LANGFLOW_SUPERUSER_PASSWORD_FILE is not a setting of Flowkeep and is ignored.',
    ]);
  });

  it('leaves the file of the secret key to the vault', () => {
    expect(read({ FLOWKEEP_SECRET_KEY_FILE: path('missing') }).settings.secretKeyFile).toBe(path('missing'));
  });
});
