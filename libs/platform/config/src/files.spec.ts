import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockDataDir, prepareDataDir } from './data-dir.ts';
import { readEnvFile } from './env-file.ts';
import { firstUser, initialPasswordPath } from './first-user.ts';
import { loadSecretKey } from './secret-key.ts';
import { readSettings } from './settings.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'flowkeep-config-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('the data directory', () => {
  it('is made with everything above it, for its owner alone', () => {
    const path = join(dir, 'a', 'b');
    prepareDataDir(path);
    expect(modeOf(path)).toBe(0o700);
    prepareDataDir(path);
  });

  it('that cannot be had stops the start with one line that names the variable', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(() => prepareDataDir(join(file, 'below'))).toThrow(/^FLOWKEEP_DATA_DIR can't be written \(ENOTDIR\): .+$/);
  });
});

describe('the lock of the data directory', () => {
  const inUse = /^\S+ is used by a running server or another command: stop it first\.$/;
  const source = join(import.meta.dirname, 'data-dir.ts');
  const take = `const { lockDataDir } = await import(${JSON.stringify(source)}); const lock = lockDataDir(process.argv[1]);`;

  it('is one process at a time', () => {
    const lock = lockDataDir(dir);
    expect(() => lockDataDir(dir)).toThrow(inUse);
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', take, dir], { encoding: 'utf8' });
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('is used by a running server')]);
    lock.release();
    lockDataDir(dir).release();
    expect(modeOf(join(dir, 'lock.db'))).toBe(0o600);
  });

  it('ends with a process that was killed', async () => {
    const script = `${take} console.log('taken'); setInterval(() => lock, 1e6);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir]);
    await once(child.stdout, 'data');
    expect(() => lockDataDir(dir)).toThrow(inUse);
    child.kill('SIGKILL');
    await once(child, 'close');
    lockDataDir(dir).release();
  });
});

describe('the secret key', () => {
  const settings = (changes: { secretKey?: string; secretKeyFile?: string } = {}) => ({
    mode: 'standalone' as const,
    dataDir: dir,
    secretKey: null,
    secretKeyFile: null,
    ...changes,
  });

  it('is generated once, into a file for its owner alone', () => {
    const key = loadSecretKey(settings());
    const path = join(dir, 'secret_key');
    expect(Buffer.from(key.value, 'base64url')).toHaveLength(32);
    expect([key.source, readFileSync(path, 'utf8'), modeOf(path)]).toEqual([path, key.value, 0o600]);
    expect(loadSecretKey(settings())).toEqual(key);
  });

  it('differs between installations', () => {
    const first = loadSecretKey(settings()).value;
    rmSync(join(dir, 'secret_key'));
    expect(loadSecretKey(settings()).value).not.toBe(first);
  });

  it('comes from the file, else the variable, else the generated file', () => {
    loadSecretKey(settings());
    const file = join(dir, 'key');
    writeFileSync(file, 'from the file\n');
    const both = settings({ secretKey: 'from the variable', secretKeyFile: file });
    expect(loadSecretKey(both)).toEqual({ value: 'from the file', source: 'FLOWKEEP_SECRET_KEY_FILE' });
    const one = settings({ secretKey: 'from the variable' });
    expect(loadSecretKey(one)).toEqual({ value: 'from the variable', source: 'FLOWKEEP_SECRET_KEY' });
  });

  it('is not replaced by a new one when there are data', () => {
    writeFileSync(join(dir, 'vault.db'), '');
    expect(() => loadSecretKey(settings())).toThrow(/FLOWKEEP_SECRET_KEY_FILE/);
  });

  it.each([
    ['missing', () => {}, /FLOWKEEP_SECRET_KEY_FILE can't be read \(ENOENT\)/],
    ['a directory', (path: string) => mkdirSync(path), /FLOWKEEP_SECRET_KEY_FILE can't be read \(EISDIR\)/],
    ['empty', (path: string) => writeFileSync(path, ' \n'), /FLOWKEEP_SECRET_KEY_FILE is empty/],
  ])('whose file is %s stops the start, although the variable has one', (_name, make, message) => {
    const path = join(dir, 'key');
    make(path);
    const both = settings({ secretKey: 'canary-value', secretKeyFile: path });
    expect(() => loadSecretKey(both)).toThrow(message);
    expect(() => loadSecretKey(both)).not.toThrow(/canary/);
  });

  it('whose generated file is empty stops the start instead of making another', () => {
    writeFileSync(join(dir, 'secret_key'), '');
    expect(() => loadSecretKey(settings())).toThrow(/secret_key is empty/);
  });
});

describe('the first user', () => {
  const settings = (environment: Record<string, string> = {}) =>
    readSettings({ mode: 'standalone', sources: [{ FLOWKEEP_DATA_DIR: dir, ...environment }] }).settings;

  it('has the name and password that were given, and no file', () => {
    const given = settings({ FLOWKEEP_SUPERUSER: 'ada', FLOWKEEP_SUPERUSER_PASSWORD: 'a long passphrase' });
    expect(firstUser(given)).toEqual({ username: 'ada', password: 'a long passphrase', generated: false });
    expect(() => statSync(initialPasswordPath(dir))).toThrow(/ENOENT/);
  });

  it('gets a generated password otherwise, in a file for its owner alone', () => {
    const { username, password } = firstUser(settings());
    const path = initialPasswordPath(dir);
    expect(username).toBe('flowkeep');
    expect(Buffer.from(password, 'base64url')).toHaveLength(18);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual([password, 0o600]);
  });

  it('leaves it to its owner alone although the file was there and open to all', () => {
    const path = initialPasswordPath(dir);
    writeFileSync(path, 'old');
    chmodSync(path, 0o644);
    const { password } = firstUser(settings());
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual([password, 0o600]);
  });
});

describe('an env file', () => {
  it('is read with comments, quotes and export', () => {
    const path = join(dir, '.env');
    writeFileSync(path, '# comment\nexport A=1\nB="two words" # why\nC=\n');
    expect(readEnvFile(path)).toEqual({ A: '1', B: 'two words', C: '' });
  });

  it('that cannot be read stops the start with one line', () => {
    const path = join(dir, 'missing');
    expect(() => readEnvFile(path)).toThrow(`The file given with --env-file can't be read: ${path} (ENOENT)`);
  });
});
