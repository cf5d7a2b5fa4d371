import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import './modes.ts';
import { Program } from './program.ts';

type Environment = Record<string, string>;

/** In every value that is wrong; never printed. */
const canary = 'canary-wrong-value';
const secretKey = 'a-secret-key-for-tests-0123456789-ABCDEF';

describe('a start that can not succeed', () => {
  let directory: string;
  let dataDir: string;
  let programs: Program[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
    dataDir = join(directory, 'data');
    programs = [];
  });

  afterEach(async () => {
    await Promise.all(programs.map((program) => program.kill()));
    rmSync(directory, { recursive: true, force: true });
  });

  function start(app: string, environment: Environment, args: readonly string[] = []): Program {
    const program = Program.start(app, environment, args);
    programs.push(program);
    return program;
  }

  const startStandalone = (environment: Environment = {}, args?: readonly string[]) =>
    start('standalone', { FLOWKEEP_PORT: '0', FLOWKEEP_DATA_DIR: dataDir, ...environment }, args);

  /** Ends with code 2 and exactly these lines on standard error. */
  async function expectRefusal(program: Program, lines: readonly (string | RegExp)[]): Promise<void> {
    const code = await program.exit();
    const written = program.errors.trimEnd().split('\n');
    expect({ code, written }).toEqual({
      code: 2,
      written: lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
    });
    expect(program.text).not.toContain(canary);
    expect(program.text).not.toMatch(/^\s+at /m);
  }

  /** Makes data with a standalone server that starts and stops once. */
  async function makeData(environment: Environment = {}): Promise<void> {
    const program = startStandalone(environment);
    await program.line(/running at/);
    expect(await program.stop()).toBe(0);
  }

  /** The bytes of everything in the data directory. */
  function dataBytes(): Record<string, string> {
    const names = readdirSync(dataDir).sort();
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(dataDir, name), 'base64')]));
  }

  it('says that the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    try {
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const line = `Port ${port} of 127.0.0.1 is taken: set FLOWKEEP_PORT to another.`;
      await expectRefusal(startStandalone({ FLOWKEEP_PORT: String(port) }), [line]);
    } finally {
      taken.close();
    }
  });

  it('says that the address is not one of this machine', async () => {
    const line = 'FLOWKEEP_HOST is not an address of this machine.';
    await expectRefusal(startStandalone({ FLOWKEEP_HOST: '192.0.2.1' }), [line]);
  });

  it('says that the data directory can not be written', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const environment = { FLOWKEEP_DATA_DIR: join(file, 'data') };
    await expectRefusal(startStandalone(environment), [/^FLOWKEEP_DATA_DIR can't be written \(ENOTDIR\)/]);
  });

  it.each([
    ['a weak secret key', { FLOWKEEP_SECRET_KEY: canary }, /^FLOWKEEP_SECRET_KEY /],
    ['a secret key that repeats itself', { FLOWKEEP_SECRET_KEY: 'a'.repeat(64) }, /^FLOWKEEP_SECRET_KEY /],
    ['a missing file', { FLOWKEEP_SECRET_KEY_FILE: '/nowhere/key' }, /^FLOWKEEP_SECRET_KEY_FILE .*\/nowhere\/key$/],
    ['an empty file', { FLOWKEEP_SECRET_KEY_FILE: '/dev/null' }, /^FLOWKEEP_SECRET_KEY_FILE is empty: \/dev\/null$/],
  ])('refuses %s before there are data', async (_what, environment, line) => {
    await expectRefusal(startStandalone(environment), [line]);
    expect(existsSync(dataDir) ? readdirSync(dataDir) : []).toEqual([]);
    // So that the next try begins anew.
    await makeData();
    expect(readdirSync(dataDir)).toContain('secret_key');
  });

  it('refuses to make a new secret key beside old data', async () => {
    await makeData();
    rmSync(join(dataDir, 'secret_key'));
    const before = dataBytes();
    await expectRefusal(startStandalone(), [/has data but the secret key is missing: put .*secret_key back/]);
    expect(dataBytes()).toEqual(before);
  });

  it('refuses another secret key', async () => {
    await makeData({ FLOWKEEP_SECRET_KEY: secretKey });
    const before = dataBytes();
    const environment = { FLOWKEEP_SECRET_KEY: `${secretKey.toUpperCase()}${canary}` };
    await expectRefusal(startStandalone(environment), [/^FLOWKEEP_SECRET_KEY does not open the data/]);
    expect(dataBytes()['vault.db']).toBe(before['vault.db']);
    await makeData({ FLOWKEEP_SECRET_KEY: secretKey });
  });

  it.each<[Environment, (string | RegExp)[]]>([
    [{ FLOWKEEP_PORT: canary }, ['FLOWKEEP_PORT must be a whole number from 0 to 65535.']],
    [{ FLOWKEEP_PORT: '65536' }, ['FLOWKEEP_PORT must be a whole number from 0 to 65535.']],
    [{ LANGFLOW_MAX_FILE_SIZE_UPLOAD: canary }, [/^LANGFLOW_MAX_FILE_SIZE_UPLOAD must be a whole number/]],
    [{ FLOWKEEP_DISABLE_TRACK_APIKEY_USAGE: canary }, [/^FLOWKEEP_DISABLE_TRACK_APIKEY_USAGE must be true or false/]],
    [{ FLOWKEEP_CORS_ORIGINS: `[${canary}` }, [/^FLOWKEEP_CORS_ORIGINS /]],
    [{ FLOWKEEP_DATABASE_URL: `mysql://${canary}@h/d` }, [/^FLOWKEEP_DATABASE_URL must be an address/]],
    [{ FLOWKEEP_SUPERUSER_PASSWORD: 'password' }, ['FLOWKEEP_SUPERUSER_PASSWORD is a well-known password.']],
    [{ FLOWKEEP_SUPERUSER_PASSWORD: 'short' }, [/^FLOWKEEP_SUPERUSER_PASSWORD is shorter than 8/]],
    [{ FLOWKEEP_LOG_LEVEL: canary }, [/^FLOWKEEP_LOG_LEVEL must be one of/]],
    [
      { FLOWKEEP_CORS_ORIGINS: '*', FLOWKEEP_CORS_ALLOW_CREDENTIALS: 'true' },
      [/^FLOWKEEP_CORS_ALLOW_CREDENTIALS can't be true/],
    ],
    [{ FLOWKEEP_PORT: canary, FLOWKEEP_LOG_LEVEL: canary }, [/^FLOWKEEP_PORT /, /^FLOWKEEP_LOG_LEVEL /]],
  ])('names what is wrong: %j', async (environment, lines) => {
    await expectRefusal(startStandalone(environment), lines);
    expect(existsSync(dataDir)).toBe(false);
  });

  it.each([
    ['an unknown option', ['--prot', '1'], /--prot/],
    ['a file of settings that is not there', ['--env-file', '/nowhere/.env'], /--env-file .*\/nowhere\/\.env/],
    ['an argument too many', ['serve'], /serve/],
  ])('names %s', async (_what, args, line) => {
    await expectRefusal(startStandalone({}, args), [line]);
    expect(existsSync(dataDir)).toBe(false);
  });
});
