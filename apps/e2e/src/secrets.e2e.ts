import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testPostgresqlUrl } from '@flowkeep/testing';
import { findSecrets } from './canaries.ts';
import { doAccounts, doFlows, doKeys, doVault, type Plant, RecordingClient } from './canary-jobs.ts';
import { eventually } from './eventually.ts';
import { type Installation, password, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { Program } from './program.ts';
import { openText, startTellTale } from './secret-flow.ts';
import { readFiles, readRows } from './stored.ts';

/** Where a log shows what is no secret: proof that it is searched. */
const openInLog = 'FLOWKEEP_CANARY_IN_THE_OPEN';
/** What may be read by who may see it, and is encrypted wherever it lies. */
const generic = 'canary-value-of-a-generic-variable';

const keyOf = (what: string) => `canary-${what}-${randomBytes(24).toString('base64url')}`;

await describeModes('secrets', (mode) => {
  const secrets: Record<string, string> = {};
  const answers: string[] = [];
  const commands: string[] = [];
  const outside = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
  const backup = join(outside, 'backup');
  let installation: Installation;
  let provider: Awaited<ReturnType<typeof startTellTale>>;
  let files: string;
  let rows: string;
  let traffic: string;

  const plant: Plant = (what, ...given) => {
    const value = given.length === 0 ? (secrets[what] ?? keyOf(what.replaceAll(/[^a-z]+/gi, '-'))) : given[0];
    if (value === undefined || value.length < 8) throw new Error(`${what} is no secret`);
    return (secrets[what] = value);
  };
  const [oldKey, newKey] = [plant('the secret key'), plant('the next secret key')];
  const environment: Record<string, string> = {
    [openInLog]: 'x',
    OPENAI_API_KEY: plant('a key of the environment'),
    CANARY_REFERENCE: plant('a value an env: reference leads to'),
    FLOWKEEP_REFERENCES: JSON.stringify({ '*': { env: ['CANARY_REFERENCE'], directories: [outside] } }),
    FLOWKEEP_SECRET_KEY: oldKey,
    FLOWKEEP_SSRF_ALLOWED_HOSTS: '127.0.0.1',
    FLOWKEEP_BOOTSTRAP_KEYS: JSON.stringify([{ name: 'first', key: plant('a bootstrap key'), permissions: ['*'] }]),
  };

  beforeAll(async () => {
    plant('the password of the first user', password);
    const references = ['env:CANARY_REFERENCE', `file:${write('reference', 'a value a file: reference leads to')}`];
    provider = await startTellTale();
    mkdirSync(backup);
    installation = await startInstallation(mode, environment);
    for (const service of ['gateway', 'identity', 'keys', 'vault', 'runner'] as const) {
      if (installation.nats !== undefined)
        plant(`the password of ${service} at NATS`, installation.nats.password(service));
    }
    const doAll = async (round: number) => {
      const client = new RecordingClient(installation.url, answers);
      const scene = { client, plant, round, password, providerUrl: provider.url, references };
      const token = await doAccounts(scene);
      const headers = await doKeys(scene, token);
      const variable = await doVault(scene, headers);
      await doFlows(scene, headers, variable);
      return { client, headers };
    };
    const { client, headers } = await doAll(1);
    await client.post('/api/v1/variables/', { name: 'GENERIC', value: generic, type: 'Generic' }, headers);
    await commandsOnline();
    await commandsOffline();
    await changeSecretKey();
    const again = await doAll(2);
    for (const path of ['audit', 'audit/export', 'audit?action=flow.saved', 'vault/rotation', 'sessions', 'keys']) {
      await again.client.request(`/api/flowkeep/v1/${path}`, { headers: again.headers });
    }
    files = [installation.dataDir, backup].map((directory) => readFiles(directory)).join('\n');
    rows = (await readRows(installation)).join('\n');
    traffic = ((await installation.traffic?.()) ?? []).join('\n');
  });

  afterAll(async () => {
    await installation.stop();
    await provider.stop();
    rmSync(outside, { recursive: true });
  });

  /** A file with a secret in it. */
  function write(name: string, what: string, ...value: string[]): string {
    const file = join(outside, name);
    writeFileSync(file, plant(what, ...value));
    return file;
  }

  /** Runs `flowkeep` and keeps what it wrote, but for standard output where that is there to hand out a secret. */
  async function flowkeep(args: readonly string[], more: { reveals?: string; fails?: boolean } = {}): Promise<string> {
    const place: Record<string, string> =
      mode === 'standalone'
        ? { FLOWKEEP_DATA_DIR: installation.dataDir }
        : {
            FLOWKEEP_NATS_URL: installation.nats?.url as string,
            FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
            FLOWKEEP_DATABASE_SCHEMA_PREFIX: installation.schemaPrefix as string,
          };
    const account = { FLOWKEEP_SUPERUSER: 'ada', FLOWKEEP_SUPERUSER_PASSWORD: password };
    const allowed = { FLOWKEEP_ENABLE_SUPERUSER_CLI: 'true', FLOWKEEP_LOG_LEVEL: 'debug' };
    const program = Program.start('cli', { ...environment, ...place, ...account, ...allowed }, args);
    const code = await program.exit();
    if (code !== (more.fails === true ? 1 : 0))
      throw new Error(`${args.join(' ')} ended with ${code}: ${program.text}`);
    const output = program.text.replace(program.errors, '').trim();
    if (more.reveals !== undefined) plant(more.reveals, output);
    commands.push(program.errors, more.reveals === undefined ? output : '');
    return output;
  }

  const distributed = mode === 'distributed' ? ['--distributed'] : [];

  async function commandsOnline(): Promise<void> {
    const at = ['--server', installation.url];
    const server = [...at, '--password-file', write('password', 'the password of the first user', password)];
    await flowkeep(['api-key', 'create', ...server, '--name', openText], { reveals: 'a key of the command line' });
    const [id = ''] = (await flowkeep(['api-key', 'list', ...server, '--search', openText])).split('\t');
    await flowkeep(['api-key', 'rotate', id, ...server], { reveals: 'a key the command line rotated' });
    await flowkeep(['api-key', 'revoke', id, ...server]);
    const wrong = write('wrong', 'a wrong password of the command line');
    await flowkeep(['api-key', 'list', ...at, '--password-file', wrong], { fails: true });
    await flowkeep(['vault', 'status', ...distributed]);
    await flowkeep(['vault', 'rotate', '--data-keys', ...distributed]);
    await flowkeep(['audit', 'verify', ...distributed]);
    if (mode === 'standalone') await flowkeep(['db', 'backup', backup]);
  }

  async function commandsOffline(): Promise<void> {
    if (mode === 'standalone') await installation.program('standalone').stop();
    const user = ['--username', 'grace1', '--password-file', write('user', 'a password the command line set')];
    await flowkeep(['user', 'reset-password', ...user, ...distributed]);
    const given = plant('a password on the command line');
    await flowkeep(['superuser', '--username', 'linus', '--password', given, ...distributed]);
    await flowkeep(['session', 'end', '--username', 'linus', ...distributed]);
    if (mode === 'standalone') await installation.start('standalone');
  }

  async function changeSecretKey(): Promise<void> {
    environment['FLOWKEEP_SECRET_KEY'] = newKey;
    environment['FLOWKEEP_PREVIOUS_SECRET_KEYS'] = oldKey;
    await installation.restart();
    const client = new RecordingClient(installation.url, answers);
    const headers = await client.token();
    const path = '/api/flowkeep/v1/vault/rotation';
    expect((await client.post(`${path}/secret-key`, {}, headers)).status).toBe(200);
    const state = async () =>
      (await client.request<{ rotation: { state: string } | null }>(path, { headers })).body.rotation?.state;
    expect(await eventually(state, (now) => now === 'finished')).toBe('finished');
  }

  const searched: Record<string, { readonly text: () => string; readonly shows: string }> = {
    'in no log': { text: () => installation.logs(), shows: openInLog },
    'in no answer after the one that hands them out': { text: () => answers.join('\n'), shows: openText },
    'in no list of audit events': {
      text: () => answers.filter((answer) => answer.includes('flow.saved')).join('\n'),
      shows: openText,
    },
    'in nothing a command writes': { text: () => commands.join('\n'), shows: openText },
    'in no file': { text: () => files, shows: mode === 'standalone' ? openText : '' },
    'in no row': { text: () => rows, shows: openText },
    ...(mode === 'distributed' && {
      'on NATS in fields declared for them only': { text: () => traffic, shows: openText },
    }),
  };

  it.each(Object.entries(searched))('are %s', (_where, { text, shows }) => {
    expect(text()).toContain(shows);
    expect(findSecrets(text(), secrets)).toEqual([]);
  });

  it('are many', () => {
    expect(Object.keys(secrets).length).toBeGreaterThan(50);
  });

  it('lie encrypted where they may be read', () => {
    expect(answers.join('\n')).toContain(generic);
    for (const text of [rows, files, traffic, installation.logs(), commands.join('\n')]) {
      expect(findSecrets(text, { generic })).toEqual([]);
    }
  });

  it('are found where they are, whatever they are encoded in', () => {
    for (const [name, value] of Object.entries(secrets)) {
      const bytes = Buffer.from(`x${value}`);
      const forms = [value, encodeURIComponent(value), bytes.toString('hex'), bytes.toString('base64')];
      for (const form of forms) expect(findSecrets(`a line with ${form} in it`, secrets)).toContain(name);
    }
    expect(findSecrets('a line without', secrets)).toEqual([]);
  });
});
