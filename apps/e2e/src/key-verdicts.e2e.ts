import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, password, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

type Dialect = 'Langflow' | 'Flowise' | 'native';
type Headers = Record<string, string>;

const dialects: readonly Dialect[] = ['Langflow', 'Flowise', 'native'];

/** The three ways a key can come. */
const carriers: Readonly<Record<string, (key: string) => { headers: Headers; query: string }>> = {
  'in the x-api-key header': (key) => ({ headers: { 'x-api-key': key }, query: '' }),
  'in the query': (key) => ({ headers: {}, query: `?x-api-key=${encodeURIComponent(key)}` }),
  'after Bearer': (key) => ({ headers: { authorization: `Bearer ${key}` }, query: '' }),
};

/** What each dialect says: its status, and a text of its body. */
type Expected = Readonly<Record<Dialect, readonly [status: number, text: string]>>;

const invalid = (code: string): Expected => ({
  Langflow: [403, '"detail":"Invalid or missing API key"'],
  Flowise: [401, '"error":"Unauthorized Access"'],
  native: [403, `"code":"${code}"`],
});
const later = (code: string, sentence: string): Expected => ({
  Langflow: [429, sentence],
  Flowise: [429, sentence],
  native: [429, `"code":"${code}"`],
});
const accepted: Expected = { Langflow: [200, '"outputs"'], Flowise: [200, '[]'], native: [200, '"runId"'] };

const verdicts: Readonly<Record<string, Expected>> = {
  'is good': accepted,
  'has a wrong checksum': invalid('key_invalid'),
  'does not exist': invalid('key_invalid'),
  'was deleted': invalid('key_invalid'),
  'is disabled': invalid('key_disabled'),
  'has expired': invalid('key_expired'),
  'is not valid yet': invalid('key_not_yet_valid'),
  'is for other addresses': invalid('key_forbidden_address'),
  'is the old one of a rotation': invalid('key_invalid'),
  'is the old one while both count': accepted,
  'belongs to somebody who was deactivated': {
    Langflow: [401, '"detail":"User not found or is inactive."'],
    Flowise: [401, '"message"'],
    native: [401, '"code":"user_inactive"'],
  },
  'belongs to somebody who was deleted': invalid('key_invalid'),
  'belongs to an archived workspace': invalid('key_invalid'),
  'may do nothing here': {
    Langflow: [403, `"detail":"The user doesn't have enough privileges"`],
    Flowise: [403, '"message":"Forbidden"'],
    native: [403, '"code":"insufficient_permission"'],
  },
  'has used up its rate': later('rate_limited', 'Too many requests'),
  'has used up its quota': later('key_quota_exceeded', 'quota'),
};

await describeModes('a key that', (mode) => {
  let installation: Installation;
  let client: Client;
  let superuser: Headers;
  let flow: string;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    installation = await startInstallation(mode);
    client = new Client(installation.url);
    superuser = await client.token();
    flow = (await client.uploadExample('echo.json', superuser)).body[0]?.id as string;
    await makeKeys();
  });

  afterAll(() => installation.stop());

  async function native<T = { id: string }>(method: string, path: string, body?: object, by = superuser): Promise<T> {
    const answer = await client.request<T>(`/api/flowkeep/v1${path}`, {
      method,
      headers: { ...by, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function create(name: string, more: object = {}, by = superuser): Promise<string> {
    const request = { name, permissions: ['*'], ...more };
    const { key, secret } = await native<{ key: { id: string }; secret: string }>('POST', '/keys', request, by);
    keys.set(name, secret);
    return key.id;
  }

  /** A person with a key, in a workspace of their own, and what they are called by. */
  async function person(username: string, name: string): Promise<string> {
    const { id } = await native('POST', '/users', { username, password, active: true });
    const { access_token: token } = (await client.login(username)).body;
    await create(name, {}, { authorization: `Bearer ${token}` });
    return id;
  }

  async function makeKeys(): Promise<void> {
    await create('is good');
    const good = keys.get('is good') as string;
    keys.set('has a wrong checksum', `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`);
    keys.set('does not exist', madeUpKey());
    await native('DELETE', `/keys/${await create('was deleted')}`);
    await native('PATCH', `/keys/${await create('is disabled')}`, { enabled: false });
    await create('has expired', { expiresAt: Date.now() + 1_000 });
    await create('is not valid yet', { notBefore: Date.now() + 3_600_000 });
    await create('is for other addresses', { addresses: ['192.0.2.0/24', '2001:db8::/32'] });
    const rotated = await create('is the old one of a rotation');
    await native('POST', `/keys/${rotated}/rotate`, {});
    const overlapping = await create('is the old one while both count');
    await native('POST', `/keys/${overlapping}/rotate`, { overlapSeconds: 3_600 });
    const inactive = await person('inactive', 'belongs to somebody who was deactivated');
    await native('PATCH', `/users/${inactive}`, { active: false });
    const gone = await person('gone', 'belongs to somebody who was deleted');
    await native('DELETE', `/users/${gone}?flows=delete`);
    const { workspace } = await native<{ workspace: { id: string } }>('POST', '/workspaces', { name: 'Archived' });
    await create('belongs to an archived workspace', {}, { ...superuser, 'tenant-id': workspace.id });
    await native('PATCH', `/workspaces/${workspace.id}`, { archived: true });
    await create('may do nothing here', { permissions: ['messages:view'] });
    await create('has used up its rate', { rateLimit: { requests: 1, windowSeconds: 86_400 } });
    await create('has used up its quota', { quota: { daily: 1, monthly: null } });
    for (const name of ['has used up its rate', 'has used up its quota']) {
      expect((await ask('native', { headers: { 'x-api-key': keys.get(name) as string }, query: '' })).status).toBe(200);
    }
    const expired = { headers: { 'x-api-key': keys.get('has expired') as string }, query: '' };
    await eventually(
      () => ask('native', expired),
      ({ status }) => status === 403,
    );
  }

  async function ask(dialect: Dialect, { headers, query }: { headers: Headers; query: string }) {
    const json = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
    const requests: Record<Dialect, () => ReturnType<Client['request']>> = {
      Langflow: () => client.request(`/api/v1/run/${flow}${query}`, { ...json, body: '{"input_value":"Hi"}' }),
      Flowise: () => client.request(`/api/v1/credentials${query}`, { headers }),
      native: () => client.request(`/api/flowkeep/v1/flows/${flow}/runs${query}`, { ...json, body: '{"input":"Hi"}' }),
    };
    const { status, body } = await requests[dialect]();
    return { status, text: JSON.stringify(body) };
  }

  describe.each(Object.entries(verdicts))('%s', (name, expected) => {
    it.each(dialects.flatMap((dialect) => Object.keys(carriers).map((carrier) => [dialect, carrier] as const)))(
      'is told so by %s %s',
      async (dialect, carrier) => {
        const key = keys.get(name) as string;
        const [status, text] = expected[dialect];
        const answer = await ask(
          dialect,
          (carriers[carrier] as (key: string) => { headers: Headers; query: string })(key),
        );
        expect(answer).toEqual({ status, text: expect.stringContaining(text) as unknown });
        expect(answer.text).not.toContain(key);
      },
    );
  });

  it.each([
    ['is empty', ''],
    ['is huge', `fk_${'a'.repeat(5_000)}`],
    ['is not text', 'fk_\u00e9\u00ff'],
  ])('%s is no key', async (_what, key) => {
    for (const dialect of dialects) {
      for (const carry of Object.values(carriers)) {
        // So many wrong keys from one address may have to wait.
        const { status, text } = await eventually(
          () => ask(dialect, carry(key)),
          (answer) => answer.status !== 429,
        );
        expect([401, 403]).toContain(status);
        if (key !== '') expect(text).not.toContain(key);
      }
    }
  });

  it('comes twice, differently, is not guessed', async () => {
    const headers = { 'x-api-key': keys.get('is good') as string };
    const query = `?x-api-key=${keys.get('is disabled') as string}`;
    for (const dialect of dialects) expect((await ask(dialect, { headers, query })).status).toBe(400);
  });

  it('opens other flows does not open this one', async () => {
    const other = (await client.uploadExample('echo.json', superuser)).body[0]?.id as string;
    await create('elsewhere', { scope: { flowIds: [other], projectIds: [] } });
    const by = { headers: { 'x-api-key': keys.get('elsewhere') as string }, query: '' };
    for (const dialect of ['Langflow', 'native'] as const) expect((await ask(dialect, by)).status).toBe(404);
  });

  it('is part of an address does not leave with it', async () => {
    const key = keys.get('is good') as string;
    const paths = [`/api/v1/verify/apikey/${key}`, `/api/v1/verify/apikey/${key}/`, `/api/v1/flows?x-api-key=${key}`];
    for (const path of paths) {
      const { status, headers, body } = await client.request(path, { redirect: 'manual' });
      expect(status).toBe(200);
      expect([headers.get('referrer-policy'), headers.get('cache-control')]).toEqual(['no-referrer', 'no-store']);
      expect(JSON.stringify([...headers, body])).not.toContain(key);
    }
  });

  it('was ever sent is in no log, and crosses the bus where it is made only', async () => {
    const written = [installation.logs(), ...((await installation.traffic?.()) ?? [])].join('\n');
    for (const key of keys.values()) expect(written).not.toContain(key);
  });
});

/** A key of the right form and checksum that was never issued. */
function madeUpKey(): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const body = `fk_${Array.from(randomBytes(43), (byte) => digits[byte % 62]).join('')}`;
  let rest = crc32(body);
  let sum = '';
  for (let index = 0; index < 6; index++) {
    sum = `${digits[rest % 62] as string}${sum}`;
    rest = Math.floor(rest / 62);
  }
  return `${body}_${sum}`;
}
