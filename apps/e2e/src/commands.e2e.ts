import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dropTestSchemas, startNats, testPostgresqlUrl } from '@flowkeep/testing';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { describeDistributed } from './modes.ts';
import { Program } from './program.ts';

const run = promisify(execFile);

type Environment = Record<string, string>;

describe('npm start', () => {
  let dataDir: string;
  let programs: Program[];

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
    programs = [];
  });

  afterEach(async () => {
    await Promise.all(programs.map((program) => program.kill()));
    rmSync(dataDir, { recursive: true, force: true });
  });

  function start(args: readonly string[], environment: Environment = {}): Program {
    const program = Program.tool('start', { FLOWKEEP_DATA_DIR: dataDir, ...environment }, args);
    programs.push(program);
    return program;
  }

  it('says where it is, and a line that signs in; ends on Ctrl-C', async () => {
    const program = start(['standalone', '--port', '0']);
    const [, line] = await program.line(/^ {2}(curl .+)\n/m);
    const { stdout } = await run('sh', ['-c', `${line as string} --silent --show-error`], { cwd: Program.root });
    expect(JSON.parse(stdout)).toMatchObject({ access_token: expect.stringMatching(/^\S+\.\S+\.\S+$/) });
    const password = readFileSync(join(dataDir, 'initial-password'), 'utf8');
    expect(program.text).toContain('initial-password');
    expect(program.text).not.toContain(password);
    program.signal('SIGINT');
    expect(await program.exit()).toBe(0);
  });

  it('shows the generated password on a terminal', async () => {
    const program = Program.onTerminal('start', { FLOWKEEP_DATA_DIR: dataDir }, ['standalone', '--port', '0']);
    programs.push(program);
    const [, shown] = await program.line(/password in \S+: (\S+)/);
    expect(shown).toBe(readFileSync(join(dataDir, 'initial-password'), 'utf8'));
    // Its standard input is the terminal: what is typed there arrives as Ctrl-C does.
    program.type('\x03');
    expect(await program.exit()).toBe(0);
  });

  it('refuses what it does not know', async () => {
    const program = start(['everything']);
    expect(await program.exit()).toBe(2);
    expect(program.errors).toMatch(/^usage: /);
  });

  it('makes secret keys, and writes over none', async () => {
    const make = async (...args: string[]) => {
      const program = Program.start('cli', {}, ['secret-key', ...args]);
      programs.push(program);
      return { code: await program.exit(), output: program.text, errors: program.errors };
    };
    const shown = await Promise.all([make(), make()]);
    for (const { code, output } of shown) {
      expect([code, Buffer.from(output.trim(), 'base64url').length]).toEqual([0, 32]);
    }
    expect(new Set(shown.map(({ output }) => output)).size).toBe(2);
    const path = join(dataDir, 'key');
    expect(await make('--file', path)).toEqual({ code: 0, output: '', errors: '' });
    const written = readFileSync(path, 'utf8');
    expect(Buffer.from(written.trim(), 'base64url')).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const refused = await make('--file', path);
    expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining(path) });
    expect(readFileSync(path, 'utf8')).toBe(written);
    expect(await make('--fiel', path)).toMatchObject({ code: 2, errors: expect.stringContaining('--file PATH') });
    // It is a key the server takes.
    const migrated = start(['cli', 'db', 'migrate'], { FLOWKEEP_SECRET_KEY_FILE: path });
    expect(await migrated.exit()).toBe(0);
  });

  it('migrates: once, again, and twice at a time', async () => {
    const migrate = () => start(['cli', 'db', 'migrate']).exit();
    expect(await migrate()).toBe(0);
    expect(existsSync(join(dataDir, 'identity.db'))).toBe(true);
    expect(await migrate()).toBe(0);
    rmSync(dataDir, { recursive: true });
    expect(await Promise.all([migrate(), migrate()])).toEqual([0, 0]);
    const program = start(['standalone', '--port', '0']);
    await program.line(/running at/);
    const copies = join(dataDir, 'copies');
    const backup = async () => start(['cli', 'db', 'backup', copies]).exit();
    expect(await backup()).toBe(0);
    expect(readdirSync(copies).toSorted()).toEqual(['identity.db', 'keys.db', 'runner.db', 'vault.db']);
    // What is there is never written over.
    expect(await backup()).toBe(2);
    expect(await program.stop()).toBe(0);
  });
});

await describeDistributed('npm run start:distributed', () => {
  it('starts the five services, serves, and ends them all on Ctrl-C', async () => {
    const nats = await startNats();
    const schemaPrefix = `e2e_${randomBytes(4).toString('hex')}_`;
    const passwords = (['gateway', 'identity', 'keys', 'vault', 'runner'] as const).map((service) => [
      `FLOWKEEP_NATS_PASSWORD_${service.toUpperCase()}`,
      nats.password(service),
    ]);
    const program = Program.tool(
      'start',
      {
        ...(Object.fromEntries(passwords) as Environment),
        FLOWKEEP_PORT: '0',
        FLOWKEEP_NATS_URL: nats.url,
        FLOWKEEP_BUS_PREFIX: nats.prefix,
        FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
        FLOWKEEP_DATABASE_SCHEMA_PREFIX: schemaPrefix,
        FLOWKEEP_SUPERUSER: 'ada',
        FLOWKEEP_SUPERUSER_PASSWORD: 'a password of eight or more',
        FLOWKEEP_SECRET_KEY: 'a-secret-key-for-tests-0123456789-ABCDEF',
      },
      ['distributed'],
    );
    try {
      const [, url] = await program.line(/Flowkeep is running at (\S+)/);
      const client = new Client(url as string);
      expect(await client.login('ada', 'a password of eight or more')).toMatchObject({ status: 200 });
      const services = await children(program.pid);
      expect(services).toHaveLength(5);
      // One that ends by itself comes back.
      process.kill(services[0] as number, 'SIGKILL');
      const again = await eventually(
        () => children(program.pid),
        (now) => now.length === 5 && !now.includes(services[0] as number),
      );
      expect(again).toHaveLength(5);
      program.signal('SIGINT');
      expect(await program.exit()).toBe(0);
      expect(again.filter(isAlive)).toEqual([]);
      await expect(fetch(`${url as string}/health`)).rejects.toThrow();
    } finally {
      await program.stop();
      await nats.stop();
      await dropTestSchemas(schemaPrefix);
    }
  });
});

/** Process ids of a process's children. */
async function children(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  // The `ps` that is asked is no child of that process.
  return pairs.filter(([, parent]) => parent === pid).map(([child]) => child as number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
