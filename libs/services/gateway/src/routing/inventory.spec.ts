import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gatewayStand } from '../gateway.spec-stand.ts';
import type { Route } from './route.ts';
import { routeTable } from './route-table.ts';

/** Everything anybody may ask for. A route that joins it joins it here. */
const publicRoutes = [
  'GET /.well-known/jwks.json',
  'GET /api/v1/auto_login',
  'GET /api/v1/components-credentials-icon/:name',
  'GET /api/v1/session',
  'GET /api/v1/verify/apikey',
  'GET /api/v1/verify/apikey/:apikey',
  'GET /api/v1/version',
  'GET /health',
  'GET /health_check',
  'GET /healthz',
  'GET /readyz',
  'POST /api/v1/account/logout',
  'POST /api/v1/account/register',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/logout',
  'POST /api/v1/auth/refreshToken',
  'POST /api/v1/auth/resolve',
  'POST /api/v1/login',
  'POST /api/v1/logout',
  'POST /api/v1/refresh',
];

const isOpen = ({ access }: Route) => access === 'public' || access === 'optional';

const notFound = { status: 404, body: { detail: 'Not Found' } };

describe('what the gateway serves', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeAll(async () => {
    stand = await gatewayStand();
  });

  afterAll(() => stand.stop());

  async function ask(method: string, path: string, headers: Record<string, string> = {}) {
    const response = await stand.fetch(path, { method, headers });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  const sample = (path: string) => path.replaceAll(/:\w+/g, '0191d6c0-0000-7000-8000-000000000000');

  it('to anybody is exactly this list', () => {
    const open = routeTable.filter(isOpen).map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual(publicRoutes);
  });

  const guarded = routeTable.filter((route) => !isOpen(route));

  it.each(guarded.map(({ method, path }) => [method, path]))('refuses a stranger at %s %s', async (method, path) => {
    stand.bus.calls.length = 0;
    for (const address of [sample(path), `${sample(path)}/`, `${sample(path)}?x-api-key=`]) {
      expect([401, 403]).toContain((await ask(method, address)).status);
      expect((await ask(method, address, { authorization: 'Bearer a.b.c' })).status).toBe(401);
    }
    expect(stand.bus.calls.filter((name) => name !== 'identity.jwks')).toEqual([]);
  });

  it.each(routeTable.map(({ method, path }) => [method, path]))(
    'answers %s %s with and without a slash',
    async (method, path) => {
      const headers = { 'x-api-key': stand.key };
      const [plain, slashed] = [
        await ask(method, sample(path), headers),
        await ask(method, `${sample(path)}/`, headers),
      ];
      expect(plain).toEqual(slashed);
      expect(plain).not.toEqual(notFound);
    },
  );

  it.each(routeTable.map(({ method, path }) => [method, path]))('tells cases apart at %s %s', async (method, path) => {
    const headers = { 'x-api-key': stand.key };
    const firstWord = /[a-z]/;
    const changed = sample(path).replace(firstWord, (letter) => letter.toUpperCase());
    expect(await ask(method, changed, headers)).toEqual(notFound);
  });

  it.each([
    ['GET', '/api'],
    ['GET', '/api/v1'],
    ['GET', '/api/v1/nothing'],
    ['POST', '/api/v1/flows/upload/more'],
    ['GET', '/api/v1//flows'],
    ['GET', '//api/v1/flows'],
    ['GET', '/api/v1/flows%2Fupload'],
    ['GET', '/api/v1/./nothing'],
    ['GET', '/api/v1/flows/%zz'],
    ['GET', '/api/v1/flows/%'],
    ['GET', `/api/v1/flows/${'x'.repeat(513)}`],
    ['PATCH', '/api/v1/flows'],
    ['PUT', '/api/v1/api_key'],
    ['OPTIONS', '/api/v1/flows'],
    ['DELETE', '/health'],
    ['PROPFIND', '/api/v1/flows'],
    ['QUERY', '/api/v1/flows'],
  ])('does not know %s %s', async (method, path) => {
    expect(await ask(method, path, { 'x-api-key': stand.key })).toEqual(notFound);
    expect(await ask(method, path)).toEqual(notFound);
  });

  it('does not read the body of what it does not know', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await stand.fetch('/api/v1/nothing', { method: 'POST', headers, body: '{' });
    expect([response.status, await response.json()]).toEqual([404, notFound.body]);
  });
});
