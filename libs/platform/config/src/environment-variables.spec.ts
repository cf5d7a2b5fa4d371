import { describe, expect, it } from '@jest/globals';
import type { ServiceName } from '@flowkeep/contracts';
import { type Environment, readSettings, SettingsError } from './settings.ts';

const given = 'FLOWKEEP_VARIABLES_TO_GET_FROM_ENVIRONMENT';

function read(...sources: Environment[]): Record<string, string> {
  return Object.fromEntries(readSettings({ mode: 'standalone', sources }).settings.environmentVariables);
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

describe('the variables of the environment', () => {
  it('are those of the usual providers, and nothing else', () => {
    expect(
      read({ OPENAI_API_KEY: 'sk-1', PATH: '/bin', AWS_REGION: 'eu', FLOWKEEP_SECRET_KEY: 'x'.repeat(9) }),
    ).toEqual({
      OPENAI_API_KEY: 'sk-1',
    });
  });

  it.each([
    [given, 'MY_KEY,OTHER_KEY'],
    ['LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT', '["MY_KEY", "OTHER_KEY"]'],
  ])('are also those that %s names', (setting, names) => {
    const environment = { [setting]: names, MY_KEY: 'mine', GROQ_API_KEY: 'gsk' };
    expect(read(environment)).toEqual({ MY_KEY: 'mine', GROQ_API_KEY: 'gsk' });
  });

  it('come from a file of settings too, which wins', () => {
    expect(read({ OPENAI_API_KEY: 'process', GROQ_API_KEY: 'process' }, { OPENAI_API_KEY: 'file' })).toEqual({
      OPENAI_API_KEY: 'file',
      GROQ_API_KEY: 'process',
    });
  });

  it.each([[''], ['  '], ['dummy']])('with the value %j are not there', (value) => {
    expect(read({ OPENAI_API_KEY: value })).toEqual({});
  });

  it('are not read where nothing wants them', () => {
    const off = { FLOWKEEP_STORE_ENVIRONMENT_VARIABLES: 'false', OPENAI_API_KEY: 'sk-1' };
    expect(read(off)).toEqual({});
    expect(read({ ...off, FLOWKEEP_FALLBACK_TO_ENV_VAR: 'true' })).toEqual({ OPENAI_API_KEY: 'sk-1' });
  });

  it.each<[ServiceName, number]>([
    ['vault', 1],
    ['gateway', 0],
    ['runner', 0],
  ])('of a distributed server: %s has %d', (service, count) => {
    const environment = {
      FLOWKEEP_NATS_URL: 'nats://127.0.0.1:4222',
      FLOWKEEP_DATABASE_URL: 'postgres://a@b/c',
      FLOWKEEP_SECRET_KEY: 'x',
      OPENAI_API_KEY: 'sk-1',
    };
    const { settings } = readSettings({ mode: 'distributed', service, sources: [environment] });
    expect(settings.environmentVariables.size).toBe(count);
  });

  it.each([
    'FLOWKEEP_SECRET_KEY',
    'LANGFLOW_SUPERUSER_PASSWORD',
    'skillflaw_secret_key',
    'FLOWKEEP_NO_SETTING',
    'DATABASE_URL',
    'Secret_Key',
  ])('are never settings: %s', (name) => {
    const problem = `${given} can't name ${name}: settings are not for flows.`;
    expect(problemsOf({ [given]: name, [name]: 'postgres://a:hunter2@b/c' })).toContain(problem);
  });

  it('have names that can be set', () => {
    const problem = `${given} has a name that is none: letters, digits and _, at most 255.`;
    for (const name of ['MY KEY', '1KEY', 'K='.repeat(3), 'K'.repeat(256)]) {
      expect(problemsOf({ [given]: name })).toEqual([problem]);
    }
    const many = Array.from({ length: 101 }, (_, index) => `KEY_${index}`).join();
    expect(problemsOf({ [given]: many })).toEqual([`${given} can't have more than 100 names.`]);
  });

  it('stop the start when one is too long, without showing it', () => {
    expect(problemsOf({ OPENAI_API_KEY: 'k'.repeat(65_536) })).toEqual([]);
    expect(problemsOf({ OPENAI_API_KEY: 'ü'.repeat(32_769) })).toEqual(['OPENAI_API_KEY is longer than 65536 bytes.']);
  });
});
