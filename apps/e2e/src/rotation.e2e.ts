import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testPostgresqlUrl } from '@flowkeep/testing';
import type { ReplyOf, rotationStatus } from '@flowkeep/contracts';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { Program } from './program.ts';

const base = '/api/flowkeep/v1/vault/rotation';
const [oldKey, newKey] = ['old', 'new'].map((name) => `canary-${name}-${randomBytes(24).toString('base64url')}`) as [
  string,
  string,
];

await describeModes('a change of keys', (mode) => {
  const environment: Record<string, string> = { FLOWKEEP_SECRET_KEY: oldKey };
  let installation: Installation;
  let apiKey: string;

  beforeAll(async () => {
    installation = await startInstallation(mode, environment);
    apiKey = (await new Client(installation.url).createKey('rotation')).api_key;
    await client().post('/api/v1/variables/', { name: 'PLAIN', value: 'kept', type: 'Generic' }, headers());
  });

  afterAll(() => installation.stop());

  const headers = () => ({ 'x-api-key': apiKey });
  const client = () => new Client(installation.url);
  const value = async () => {
    const { body } = await client().request<{ value: string }[]>('/api/v1/variables/', { headers: headers() });
    return body[0]?.value;
  };
  const status = async () =>
    (await client().request<ReplyOf<typeof rotationStatus>>(base, { headers: headers() })).body;
  const finished = () => eventually(status, ({ rotation }) => rotation?.state === 'finished');

  async function command(...args: string[]) {
    const program = Program.start(
      'cli',
      {
        ...environment,
        FLOWKEEP_DATA_DIR: installation.dataDir,
        ...(installation.nats === undefined
          ? {}
          : {
              FLOWKEEP_NATS_URL: installation.nats.url,
              FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
              FLOWKEEP_DATABASE_SCHEMA_PREFIX: installation.schemaPrefix as string,
            }),
      },
      ['vault', ...args, ...(mode === 'distributed' ? ['--distributed'] : [])],
    );
    return { code: await program.exit(), text: program.text };
  }

  it('brings the vault under another secret key while it serves', async () => {
    environment['FLOWKEEP_SECRET_KEY'] = newKey;
    environment['FLOWKEEP_PREVIOUS_SECRET_KEYS'] = oldKey;
    // A server that does not know the new key could open nothing afterwards.
    expect(await command('rotate')).toMatchObject({ code: 2, text: expect.stringContaining('does not know') });
    await installation.restart();
    expect(await status()).toMatchObject({ secretKey: { configured: false }, rotation: null });
    expect(await value()).toBe('kept');
    const begun = await client().post(`${base}/secret-key`, {}, headers());
    expect(begun).toMatchObject({ status: 200, body: { kind: 'secret-key', state: 'running' } });
    expect(await finished()).toMatchObject({ secretKey: { configured: true }, rotation: { unreadable: 0 } });
    expect(await value()).toBe('kept');
    delete environment['FLOWKEEP_PREVIOUS_SECRET_KEYS'];
    await installation.restart();
    expect(await value()).toBe('kept');
    expect(await client().post(`${base}/secret-key`, {}, headers())).toMatchObject({ status: 409 });
    expect(await command('status')).toMatchObject({
      code: 0,
      text: expect.stringContaining('the one of the settings'),
    });
  });

  it('encrypts the values anew from the command line beside the server', async () => {
    expect(await command('rotate', '--data-keys')).toMatchObject({
      code: 0,
      text: expect.stringMatching(/is finished: (\d+) of \1 values are under the new key/),
    });
    expect(await value()).toBe('kept');
    const made = await client().post('/api/v1/variables/', { name: 'SECOND', value: 'x' }, headers());
    expect(made.status).toBe(201);
    await installation.restart();
    expect(await value()).toBe('kept');
  });

  it('is for administrators, and logs no key', async () => {
    expect((await client().request(base, {})).status).toBe(403);
    expect(installation.logs()).not.toMatch(/canary-(old|new)/);
  });
});
