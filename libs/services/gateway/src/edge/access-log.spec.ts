import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKey } from '@flowkeep/crypto';
import { DomainError, signIn } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

const whoami = '/api/v1/users/whoami';

/** On every answer, whatever it is. */
const safety = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

describe('the edge', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeAll(async () => {
    stand = await gatewayStand({ FLOWKEEP_CORS_ORIGINS: 'https://app.example.com' });
  });

  afterAll(() => stand.stop());

  beforeEach(() => {
    stand.log.lines.length = 0;
  });

  /** The access log's lines; the last comes after its answer is out, so this waits for as many as asked. */
  async function accessLines(count: number) {
    const lines = () => stand.log.lines.filter(({ message }) => message === 'request');
    while (lines().length < count) await new Promise((resolve) => setImmediate(resolve));
    return lines();
  }

  it('logs one line per request: the pattern of the route, never the address', async () => {
    await stand.get('/api/v1/flows/abc?x=y', { 'x-api-key': stand.key });
    expect(await accessLines(1)).toMatchObject([
      {
        level: 'info',
        fields: {
          method: 'GET',
          route: '/api/v1/flows/:flowId',
          status: 422,
          address: '127.0.0.1',
          keyId: stand.keyFacts.keyId,
          userId: stand.facts.principal.userId,
        },
      },
    ]);
  });

  describe('never writes a credential to the log', () => {
    const good = () => stand.key;
    const bad = () => generateKey();
    const mistyped = () => `${stand.key.slice(0, -1)}${stand.key.endsWith('A') ? 'B' : 'A'}`;
    const foreign = () => `sk-${'x9'.repeat(20)}`;

    it.each([
      ['good', good],
      ['unknown', bad],
      ['mistyped', mistyped],
      ['foreign', foreign],
    ])('a %s key, wherever it stands', async (_name, make) => {
      const key = make();
      const requests: [string, RequestInit][] = [
        [whoami, { headers: { 'x-api-key': key } }],
        [whoami, { headers: { authorization: `Bearer ${key}` } }],
        [whoami, { headers: { authorization: key } }],
        [whoami, { headers: { cookie: `access_token_lf=${key}` } }],
        [`${whoami}?x-api-key=${key}`, {}],
        [`${whoami}?x-api-key=${key}&x-api-key=${key}`, {}],
        [`/api/v1/${key}`, {}],
        [`/api/v1/flows/${key}`, { headers: { 'x-api-key': stand.key } }],
        [`/api/v1/flows/${key}%zz`, {}],
        [`/api/v1/flows/${key.repeat(12)}`, {}],
        [`/api/v1/run/${key}`, { method: 'POST', headers: { 'x-api-key': stand.key } }],
        [`/api/v1/api_key/${key}`, { method: 'DELETE', headers: { 'x-api-key': stand.key } }],
        [`/${key}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: `{"${key}"` }],
        [`/health?key=${key}`, { headers: { referer: `http://x/${key}`, 'user-agent': key } }],
        [whoami, { headers: { 'x-request-id': key, 'x-api-key': stand.key } }],
      ];
      for (const [path, init] of requests) {
        const response = await stand.fetch(path, init);
        expect((await response.text()) + JSON.stringify([...response.headers])).not.toContain(key);
      }
      // Two of them never reach a route, and are not in the access log.
      await accessLines(requests.length - 2);
      expect(stand.log.text()).not.toContain(key);
    });

    it('a token, good or bad', async () => {
      for (const token of [stand.token(), stand.token({ aud: 'elsewhere' }), `${stand.token()}AAAA`]) {
        await stand.get(whoami, { authorization: `Bearer ${token}` });
        await stand.get(whoami, { cookie: `access_token_lf=${token}` });
        for (const part of token.split('.').slice(1)) expect(stand.log.text()).not.toContain(part);
      }
    });

    it('a password', async () => {
      stand.bus.answer(signIn, () => {
        throw new DomainError('sign_in_failed');
      });
      const password = 'canary-password-71';
      const body = new URLSearchParams({ username: 'ada', password });
      expect((await stand.fetch('/api/v1/login', { method: 'POST', body })).status).toBe(401);
      body.set('username', '');
      expect((await stand.fetch('/api/v1/login', { method: 'POST', body })).status).toBe(422);
      await accessLines(2);
      expect(stand.log.text()).not.toContain(password);
    });
  });

  describe('puts the safety headers on', () => {
    const key = () => ({ 'x-api-key': stand.key });
    const origin = 'https://app.example.com';
    it.each<[string, number, () => Promise<Response>]>([
      ['an answer', 200, () => stand.get(whoami, key())],
      ['an answer to a key in the query', 200, () => stand.get(`${whoami}?x-api-key=${stand.key}`)],
      ['the head of an answer', 200, () => stand.fetch('/health', { method: 'HEAD' })],
      ['a refusal in the hook', 403, () => stand.get(whoami)],
      ['a refusal by the guard', 403, () => stand.get(whoami, { 'x-api-key': generateKey() })],
      ['a refused field', 422, () => stand.get('/api/v1/flows/abc', key())],
      ['what is not there', 404, () => stand.get('/nothing')],
      ['an address that cannot be decoded', 404, () => stand.get('/api/v1/flows/%zz')],
      ['too long a parameter', 404, () => stand.get(`/api/v1/flows/${'x'.repeat(600)}`)],
      ['a refused body', 415, () => stand.fetch('/api/v1/login', { method: 'POST', body: 'x' })],
      ['a service that is away', 503, () => stand.get('/api/v1/api_key', key())],
      ['a route of the machine', 503, () => stand.get('/readyz')],
      [
        'a preflight',
        204,
        () =>
          stand.fetch('/api/v1/flows', {
            method: 'OPTIONS',
            headers: { origin, 'access-control-request-method': 'GET' },
          }),
      ],
    ])('%s', async (_name, status, ask) => {
      const response = await ask();
      expect(response.status).toBe(status);
      expect(Object.fromEntries(response.headers)).toMatchObject(safety);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    });

    it.each([
      ['400', 'that is no HTTP', ['\u0001']],
      ['400', 'of an unknown method', ['BREW /health HTTP/1.1', 'Host: x']],
      ['417', 'that expects the impossible', ['GET /health HTTP/1.1', 'Host: x', 'Expect: x', 'Connection: close']],
      ['431', 'with too many headers', ['GET /health HTTP/1.1', `X-Long: ${'a'.repeat(20_000)}`]],
    ])('a %s for a request %s', async (status, _name, lines) => {
      const connection = await stand.connect();
      connection.write(lines);
      const answer = await connection.untilClosed();
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      for (const [name, value] of Object.entries(safety)) expect(answer).toContain(`${name}: ${value}\r\n`);
    });
  });
});
