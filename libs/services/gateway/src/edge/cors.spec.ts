import { afterEach, describe, expect, it } from '@jest/globals';
import type { Environment } from '@flowkeep/config';
import { generateKey } from '@flowkeep/crypto';
import { verifyKey } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

const site = 'https://app.example.com';
const whoami = '/api/v1/users/whoami';

describe('pages of other origins', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>> | undefined;

  afterEach(() => stand?.stop());

  async function start(environment: Environment = {}) {
    stand = await gatewayStand(environment);
    return stand;
  }

  async function preflight(path: string, headers: Record<string, string> = {}) {
    const asked = { origin: site, 'access-control-request-method': 'POST', ...headers };
    const response = await (stand as NonNullable<typeof stand>).fetch(path, { method: 'OPTIONS', headers: asked });
    return { status: response.status, headers: response.headers, cors: corsHeaders(response) };
  }

  const corsHeaders = (response: Response) =>
    Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

  it('get no permission by default: no header at all, on a preflight or an answer', async () => {
    const { get, key } = await start();
    expect(await preflight('/api/v1/run/x')).toMatchObject({ status: 404, cors: {} });
    expect(corsHeaders(await get(whoami, { origin: site, 'x-api-key': key }))).toEqual({});
    expect(corsHeaders(await get(whoami, { origin: site }))).toEqual({});
  });

  describe('of a list', () => {
    const listed = { FLOWKEEP_CORS_ORIGINS: `${site},http://localhost:3000` };

    it('may read answers, each its own', async () => {
      const { get, key } = await start(listed);
      for (const origin of [site, 'http://localhost:3000']) {
        const response = await get(whoami, { origin, 'x-api-key': key });
        expect(response.headers.get('access-control-allow-origin')).toBe(origin);
        expect(response.headers.get('access-control-allow-credentials')).toBeNull();
        expect(response.headers.get('access-control-expose-headers')).toMatch(/x-request-id.*ratelimit-reset/);
        expect(response.headers.get('vary')).toMatch(/\borigin\b/i);
      }
    });

    it.each([
      'null',
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.evil.test',
      'https://evil-app.example.com',
      'https://evil.app.example.com',
      'https://app.example.co',
      'https://appXexample.com',
      'HTTPS://APP.EXAMPLE.COM',
      'http://localhost',
    ])('are not %s', async (origin) => {
      const { get, key } = await start(listed);
      const response = await get(whoami, { origin, 'x-api-key': key });
      expect(response.status).toBe(200);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      // A cache between must not hand this answer to a page that is allowed.
      expect(response.headers.get('vary')).toMatch(/\borigin\b/i);
      expect((await preflight('/api/v1/run/x', { origin })).headers.get('access-control-allow-origin')).toBeNull();
    });

    it('may read errors too, whoever gives them', async () => {
      const { fetch: ask, get, bus, key } = await start(listed);
      const seen = new Map<number, string | null>();
      const note = ({ status, headers }: Response) => seen.set(status, headers.get('access-control-allow-origin'));
      const json = { origin: site, 'x-api-key': key, 'content-type': 'application/json' };
      note(await get(whoami, { origin: site }));
      note(await get(`${whoami}?x-api-key=${generateKey()}`, { origin: site, 'x-api-key': key }));
      note(await get('/api/v1/nothing', { origin: site }));
      note(await ask('/api/v1/api_key', { method: 'POST', headers: json, body: '{' }));
      note(await ask('/api/v1/api_key', { method: 'POST', headers: { ...json, 'content-type': 'text/x' }, body: '{' }));
      bus.silence(verifyKey);
      note(await get(whoami, { origin: site, 'x-api-key': key }));
      expect(seen).toEqual(new Map([403, 400, 404, 422, 415, 503].map((status) => [status, site])));
    });

    it('may read a refusal of a key with a wrong checksum', async () => {
      const { get } = await start(listed);
      const response = await get(whoami, { origin: site, 'x-api-key': 'fk_mistyped' });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, site]);
    });

    it('learn what they may send from the preflight, without a credential', async () => {
      const { bus } = await start(listed);
      const { status, headers } = await preflight('/api/v1/run/x', {
        'access-control-request-headers': 'content-type, x-api-key',
      });
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(site);
      expect(headers.get('access-control-max-age')).toBe('600');
      expect(headers.get('vary')).toMatch(/\borigin\b/i);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(bus.calls).toEqual([]);
    });

    it('may send the cookie only when told so', async () => {
      const { get, key } = await start({ ...listed, FLOWKEEP_CORS_ALLOW_CREDENTIALS: 'true' });
      const response = await get(whoami, { origin: site, 'x-api-key': key });
      expect(response.headers.get('access-control-allow-credentials')).toBe('true');
      expect((await preflight('/api/v1/run/x')).cors).toMatchObject({ 'access-control-allow-credentials': 'true' });
    });
  });

  describe('of any origin', () => {
    const any = { FLOWKEEP_CORS_ORIGINS: '*' };

    it('may read answers, but never with the cookie', async () => {
      const { get, key } = await start(any);
      const { headers } = await get(whoami, { origin: site, 'x-api-key': key });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect((await preflight('/api/v1/run/x')).cors).not.toHaveProperty('access-control-allow-credentials');
    });

    it('with credentials stop the start', async () => {
      const unsafe = { ...any, FLOWKEEP_CORS_ALLOW_CREDENTIALS: 'true' };
      await expect(start(unsafe)).rejects.toThrow(/FLOWKEEP_CORS_/);
    });
  });

  it('may use the methods and headers of the settings and no others', async () => {
    await start({
      FLOWKEEP_CORS_ORIGINS: site,
      FLOWKEEP_CORS_ALLOW_METHODS: 'GET,POST',
      FLOWKEEP_CORS_ALLOW_HEADERS: 'x-api-key,content-type',
    });
    const { cors } = await preflight('/api/v1/run/x', { 'access-control-request-headers': 'x-evil' });
    expect(cors['access-control-allow-methods']).toBe('GET, POST');
    expect(cors['access-control-allow-headers']).toBe('x-api-key, content-type');
  });

  it('may use every method, and the headers they ask for, with stars', async () => {
    await start({
      FLOWKEEP_CORS_ORIGINS: site,
      FLOWKEEP_CORS_ALLOW_METHODS: '*',
      FLOWKEEP_CORS_ALLOW_HEADERS: '*',
    });
    const { cors, headers } = await preflight('/api/v1/run/x', { 'access-control-request-headers': 'x-own' });
    expect(cors['access-control-allow-methods']?.split(', ').sort()).toEqual([
      'DELETE',
      'GET',
      'HEAD',
      'PATCH',
      'POST',
      'PUT',
    ]);
    expect(cors['access-control-allow-headers']).toBe('x-own');
    expect(headers.get('vary')).toMatch(/access-control-request-headers/i);
  });
});
