import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { testPostgresqlUrl } from '@flowkeep/testing';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, password, secretKey, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { Program } from './program.ts';

const another = 'quite another password';
const allowed = { FLOWKEEP_ENABLE_SUPERUSER_CLI: 'true' };

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

async function run(args: readonly string[], environment: Record<string, string>): Promise<Outcome> {
  const program = Program.start('cli', environment, args);
  const code = await program.exit();
  const { errors } = program;
  return { code, output: program.text.replace(errors, ''), errors };
}

await describeModes('commands about accounts', (mode) => {
  let installation: Installation;
  let files: string;
  let passwordFile: string;

  beforeAll(async () => {
    installation = await startInstallation(mode);
    files = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
    passwordFile = join(files, 'password');
    writeFileSync(passwordFile, `${another}\n`);
  });

  afterAll(async () => {
    await installation.stop();
    rmSync(files, { recursive: true });
  });

  /** The command, as an operator of this installation gives it. */
  function flowkeep(args: readonly string[], changes: Record<string, string> = allowed): Promise<Outcome> {
    const place: Record<string, string> =
      mode === 'standalone'
        ? { FLOWKEEP_DATA_DIR: installation.dataDir }
        : {
            FLOWKEEP_NATS_URL: installation.nats?.url as string,
            FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
            FLOWKEEP_DATABASE_SCHEMA_PREFIX: installation.schemaPrefix as string,
            FLOWKEEP_SUPERUSER: 'ada',
            FLOWKEEP_SUPERUSER_PASSWORD: password,
          };
    const mine = mode === 'standalone' ? [] : ['--distributed'];
    return run([...args, ...mine], { ...place, FLOWKEEP_SECRET_KEY: secretKey, ...changes });
  }

  /** Gives a command at rest where the data are in files, beside the running server where they are not. */
  async function offline(...args: string[]): Promise<Outcome> {
    if (mode === 'distributed') return flowkeep(args);
    await installation.program('standalone').stop();
    const outcome = await flowkeep(args);
    await installation.start('standalone');
    return outcome;
  }

  const client = () => new Client(installation.url);
  const signIn = async (username: string, given: string) => (await client().login(username, given)).status;
  const sessionOf = async (headers: Record<string, string>) =>
    (await client().request('/api/flowkeep/v1/session', { headers })).status;
  /** News of a command does not reach a running gateway, which asks again after 5 s. */
  const refused = (headers: Record<string, string>) =>
    eventually(
      () => sessionOf(headers),
      (status) => status === 401,
    );
  const lockedOut = async (headers: Record<string, string>) => expect(await refused(headers)).toBe(401);

  it('make a superuser of nobody and of somebody', async () => {
    const created = await offline('superuser', '--username', 'grace', '--password-file', passwordFile);
    expect(created).toEqual({ code: 0, output: 'The superuser grace is created.\n', errors: '' });
    expect(await signIn('grace', another)).toBe(200);
    const again = await offline('superuser', '--username', 'Grace');
    expect(again).toEqual({ code: 0, output: 'Grace is an active superuser.\n', errors: '' });
    expect(await signIn('grace', another)).toBe(200);
    // As Langflow's command is given.
    const langflow = ['superuser', '--username', 'linus', '--password', another, '--auth-token', 'sk-x'];
    const linus = await offline(...langflow);
    expect(linus).toMatchObject({ code: 0, errors: expect.stringContaining('prefer --password-file') });
    expect(linus.output + linus.errors).not.toContain(another);
    expect(await signIn('linus', another)).toBe(200);
  });

  it('reset a password, and sessions end', async () => {
    const headers = await client().token();
    expect(await sessionOf(headers)).toBe(200);
    const reset = await offline('user', 'reset-password', '--username', 'ada', '--password-file', passwordFile);
    expect(reset).toEqual({
      code: 0,
      output: expect.stringMatching(/^ada has a new password; \d+ sessions? ended\.\n$/),
      errors: '',
    });
    await lockedOut(headers);
    expect(await signIn('ada', password)).toBe(401);
    const { body } = await client().login('ada', another);
    const token = { authorization: `Bearer ${body.access_token}` };
    const account = await client().request<{ user: { mustChangePassword: boolean } }>('/api/flowkeep/v1/session', {
      headers: token,
    });
    expect(account.body.user.mustChangePassword).toBe(true);
  });

  it('end sessions, also without the setting', async () => {
    const { body } = await client().login('linus', another);
    const headers = { authorization: `Bearer ${body.access_token}` };
    if (mode === 'standalone') await installation.program('standalone').stop();
    const ended = await flowkeep(['session', 'end', '--username', 'linus'], {});
    if (mode === 'standalone') await installation.start('standalone');
    expect(ended).toEqual({ code: 0, output: '2 sessions of linus ended.\n', errors: '' });
    await lockedOut(headers);
    expect(await signIn('linus', another)).toBe(200);
  });

  it('are refused in one line, and change nothing', async () => {
    const oneLine = (pattern: RegExp) => expect.stringMatching(new RegExp(`^[^\\n]*${pattern.source}[^\\n]*\\n$`));
    const superuser = ['superuser', '--username', 'eve', '--password-file', passwordFile];
    const forbidden = { code: 1, output: '', errors: oneLine(/FLOWKEEP_ENABLE_SUPERUSER_CLI=true/) };
    expect(await flowkeep(superuser, {})).toEqual(forbidden);
    expect(await flowkeep(['user', 'reset-password', '--username', 'ada'], {})).toEqual(forbidden);
    if (mode === 'standalone') {
      const inUse = { code: 2, output: '', errors: oneLine(/is used by a running server or another command/) };
      expect(await flowkeep(superuser)).toEqual(inUse);
      expect(await flowkeep(['session', 'end', '--username', 'ada'])).toEqual(inUse);
      expect(await sessionOf({})).toBe(403);
    }
    const weak = join(files, 'weak');
    writeFileSync(weak, 'short');
    expect(await flowkeep(['superuser', '--username', 'eve', '--password-file', weak])).toEqual({
      code: 1,
      output: '',
      errors: 'The password is shorter than 8 characters.\n',
    });
    expect(await flowkeep(['superuser', '--password-file', passwordFile])).toMatchObject({ code: 2 });
    expect(await flowkeep(['superuser', '--username', 'eve', '--passwort', 'x'])).toMatchObject({ code: 2 });
    const missing = join(files, 'missing');
    expect(await flowkeep(['superuser', '--username', 'eve', '--password-file', missing])).toEqual({
      code: 2,
      output: '',
      errors: oneLine(/The password file can't be read \(ENOENT\)/),
    });
    const nobody = await offline('session', 'end', '--username', 'eve');
    expect(nobody).toEqual({ code: 1, output: '', errors: 'There is no user named eve.\n' });
    // Nobody is there to be asked.
    const asked = await offline('superuser', '--username', 'eve');
    expect(asked).toEqual({ code: 1, output: '', errors: oneLine(/A password is needed/) });
    expect(await signIn('eve', another)).toBe(401);
  });

  it('need the secret key of the data', async () => {
    if (mode === 'standalone') await installation.program('standalone').stop();
    const wrong = { ...allowed, FLOWKEEP_SECRET_KEY: `${secretKey}-another` };
    const outcome = await flowkeep(['session', 'end', '--username', 'ada'], wrong);
    if (mode === 'standalone') await installation.start('standalone');
    expect(outcome).toMatchObject({ code: 2, errors: expect.stringMatching(/^FLOWKEEP_SECRET_KEY does not open/) });
  });

  it('are in the audit log, which is whole', async () => {
    const { code, output } = await flowkeep(['audit', 'verify'], {});
    expect([code, output]).toEqual([0, expect.stringMatching(/^The audit log is whole/)]);
    const { body } = await client().login('ada', another);
    const headers = { authorization: `Bearer ${body.access_token}` };
    const { body: log } = await client().request<{ events: { action: string; actorId: string | null }[] }>(
      '/api/flowkeep/v1/audit?action=user.',
      { headers },
    );
    const actions = log.events.filter(({ actorId }) => actorId === null).map(({ action }) => action);
    expect(actions.toReversed()).toEqual([
      'user.bootstrapped',
      'user.bootstrapped',
      'user.promoted',
      'user.bootstrapped',
      'user.password-reset',
      'user.sessions-ended',
    ]);
  });
});

describe('a data directory', () => {
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

  function start(): Program {
    const program = Program.start('standalone', { FLOWKEEP_DATA_DIR: dataDir, FLOWKEEP_PORT: '0' });
    programs.push(program);
    return program;
  }

  it('is one server at a time, also after one was killed', async () => {
    const first = start();
    await first.line(/running at/);
    const second = start();
    expect(await second.exit()).toBe(2);
    expect(second.errors).toMatch(/^\S+ is used by a running server or another command: stop it first\.\n$/);
    await first.kill();
    await start().line(/running at/);
  });

  it('that is none is not made by a command', async () => {
    const missing = join(dataDir, 'mistyped');
    const outcome = await run(['session', 'end', '--username', 'ada'], { FLOWKEEP_DATA_DIR: missing });
    expect(outcome).toMatchObject({ code: 2, errors: expect.stringContaining('FLOWKEEP_DATA_DIR has no data yet') });
    expect(existsSync(missing)).toBe(false);
  });

  it('asks for a password on a terminal, twice, and shows nothing of it', async () => {
    const environment = { FLOWKEEP_DATA_DIR: dataDir, ...allowed };
    expect(await run(['db', 'migrate'], environment)).toMatchObject({ code: 0 });
    const program = Program.onTerminal('start', environment, ['cli', 'superuser', '--username', 'grace']);
    programs.push(program);
    await program.line(/New password: /);
    program.type(`${another}\r`);
    await program.line(/Again: /);
    program.type(`${another}\r`);
    expect(await program.exit()).toBe(0);
    expect(program.text).toContain('The superuser grace is created.');
    expect(program.text).not.toContain(another);
    const left = Program.onTerminal('start', environment, ['cli', 'superuser', '--username', 'linus']);
    programs.push(left);
    await left.line(/New password: /);
    left.type('\x03');
    expect(await left.exit()).toBe(1);
    expect(left.text).toContain('Nothing was changed.');
  });

  it('that was only migrated takes its first superuser', async () => {
    const environment = { FLOWKEEP_DATA_DIR: dataDir, ...allowed };
    expect(await run(['db', 'migrate'], environment)).toMatchObject({ code: 0 });
    const passwordFile = join(dataDir, 'p');
    writeFileSync(passwordFile, another);
    const made = await run(['superuser', '--username', 'grace', '--password-file', passwordFile], environment);
    expect(made).toMatchObject({ code: 0, errors: '' });
    const [, url] = await start().line(/running at (\S+)/);
    expect(await new Client(url as string).login('grace', another)).toMatchObject({ status: 200 });
    expect(existsSync(join(dataDir, 'initial-password'))).toBe(false);
  });
});
