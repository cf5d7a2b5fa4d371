import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { langflowNode } from '@flowkeep/testing';
import { type Answer, Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

/** Sent wherever a value can be sent; no answer may repeat it. */
const canary = 'canary-value-that-nobody-echoes';
const json = { 'content-type': 'application/json' };
const unknownId = '0198c0de-0000-7000-8000-000000000000';

await describeModes('bad input', (mode) => {
  let installation: Installation;
  let client: Client;
  let headers: { 'x-api-key': string };
  let flow: string;
  let before: unknown;

  beforeAll(async () => {
    installation = await startInstallation(mode, { FLOWKEEP_MAX_FILE_SIZE_UPLOAD: '1' });
    client = new Client(installation.url);
    headers = { 'x-api-key': (await client.createKey('bad input')).api_key };
    flow = (await client.uploadExample('echo.json', headers)).body[0]?.id as string;
    before = await everything();
  });

  afterAll(async () => {
    try {
      expect(await everything()).toEqual(before);
      expect((await client.run(flow, { input_value: 'x' }, headers)).status).toBe(200);
      expect(installation.logs()).not.toContain(canary);
    } finally {
      await installation.stop();
    }
  });

  /** What none of the requests below may change. */
  async function everything(): Promise<unknown> {
    const flows = await client.request('/api/v1/flows/', { headers });
    const keys = await client.request<{ api_keys: { id: string; name: string }[] }>('/api/v1/api_key/', { headers });
    expect([flows.status, keys.status]).toEqual([200, 200]);
    return { flows: flows.body, keys: keys.body.api_keys.map(({ id, name }) => ({ id, name })) };
  }

  function expectRefusal({ status, body, headers: sent }: Answer, expected: number): void {
    const answered = JSON.stringify(body);
    expect({ status, answered }).toEqual({ status: expected, answered: expect.stringMatching(/^\{"detail":/) });
    expect(sent.get('content-type')).toMatch(/^application\/json/);
    expect(answered).not.toContain(canary);
    expect(answered).not.toMatch(/\.(ts|js):\d+|node_modules|^\s+at /m);
  }

  const post = (path: string, body: unknown) => client.post(path, body, headers);
  const upload = (content: string) => client.upload(content, headers);

  describe.each([
    ['/api/v1/run/:flow', () => `/api/v1/run/${flow}`],
    ['/api/v1/api_key/', () => '/api/v1/api_key/'],
    ['/api/v1/flows/', () => '/api/v1/flows/'],
  ])('%s', (_name, path) => {
    it.each([
      ['broken JSON', `{"name": "${canary}"`, json, 422],
      ['JSON that is no object', `["${canary}"]`, json, 422],
      ['a string', `"${canary}"`, json, 422],
      ['a key that reaches the prototype', `{"__proto__": {"name": "${canary}"}}`, json, 422],
      ['another content type', `name=${canary}`, { 'content-type': 'text/plain' }, 415],
      ['a form', `name=${canary}`, { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ])('refuses %s', async (_what, body, type, status) => {
      expectRefusal(await client.request(path(), { method: 'POST', headers: { ...headers, ...type }, body }), status);
    });
  });

  it.each(['/api/v1/run/echo', '/api/v1/api_key/', '/api/v1/flows/'])('refuses too much JSON for %s', async (path) => {
    const body = `{"name": "${canary}${'x'.repeat(9 * 1024 * 1024)}"}`;
    const ask = () => client.request(path, { method: 'POST', headers: { ...headers, ...json }, body });
    // The answer comes before the body is through; on some attempts the connection's end overtakes it.
    const answer = await eventually(
      () => ask().catch(() => null),
      (heard) => heard !== null,
    );
    expectRefusal(answer as Answer, 413);
  });

  describe('fields of a wrong type or size', () => {
    it.each([
      ['input_value', { input_value: { text: canary } }],
      ['input_value', { input_value: 7 }],
      ['input_type', { input_type: canary }],
      ['output_type', { output_type: canary }],
      ['output_component', { output_component: [canary] }],
      ['session_id', { session_id: 5 }],
      ['session_id', { session_id: canary.repeat(10) }],
      ['tweaks', { tweaks: canary }],
      ['tweaks', { tweaks: [canary] }],
      ['inputs', { inputs: canary }],
      ['inputs', { inputs: { text: [canary] } }],
      ['input_request', { input_request: { input_value: 1 } }],
      ['a NUL in session_id', { session_id: `${canary}\0` }],
      ['a lone surrogate in session_id', `{"session_id": "${canary}\\ud800"}`],
    ])('of a run: %s', async (_field, body) => {
      expectRefusal(await post(`/api/v1/run/${flow}?stream=false`, body), 422);
    });

    it.each([
      ['name', { name: 7 }],
      ['name', { name: canary.repeat(10) }],
      ['a NUL in name', { name: `${canary}\0` }],
      ['expires_at', { name: 'x', expires_at: canary }],
      ['expires_at', { name: 'x', expires_at: 5 }],
    ])('of a key: %s', async (_field, body) => {
      expectRefusal(await post('/api/v1/api_key/', body), 422);
    });

    it.each([
      ['no name', { data: { nodes: [], edges: [] } }],
      ['name', { name: 7, data: { nodes: [], edges: [] } }],
      ['an empty name', { name: ' ', data: { nodes: [], edges: [] } }],
      ['a long name', { name: canary.repeat(10), data: { nodes: [], edges: [] } }],
      ['a NUL in name', { name: `${canary}\0`, data: { nodes: [], edges: [] } }],
      ['data', { name: canary, data: canary }],
      ['data without nodes', { name: canary, data: { edges: [] } }],
      ['nodes', { name: canary, data: { nodes: canary, edges: [] } }],
      ['a node that is none', { name: canary, data: { nodes: [canary], edges: [] } }],
    ])('of a flow: %s', async (_field, body) => {
      expectRefusal(await post('/api/v1/flows/', body), 422);
    });

    it.each(['stream=maybe', 'stream=', 'stream=true&stream=false'])('of a query: %s', async (query) => {
      expectRefusal(await post(`/api/v1/run/${flow}?${query}`, { input_value: 'x' }), 422);
    });
  });

  describe('uploads', () => {
    it.each([
      ['nothing', '', 422],
      ['what is not JSON', `{${canary}`, 422],
      ['an array', `["${canary}"]`, 422],
      ['null', 'null', 422],
      ['a number', '7', 422],
      ['a collection of none', '{"flows": []}', 422],
      ['a collection with something else', `{"flows": ["${canary}"]}`, 422],
      ['5 000 levels', `{"name": "x", "data": {"nodes": [], "edges": [], "deep": ${nested(5_000)}}}`, 422],
      ['5 001 nodes', flowOf(Array.from({ length: 5_001 }, (_, index) => langflowNode(`n${index}`, 'N'))), 422],
      ['a NUL', '{"name": "a\\u0000b", "data": {"nodes": [], "edges": []}}', 422],
      ['too much', `{"name": "${'x'.repeat(1024 * 1024)}"}`, 413],
    ])('refuses %s', async (_what, content, status) => {
      expectRefusal(await upload(content), status);
    });

    it('keeps names of parts of a prototype as mere names', async () => {
      const content = '{"name": "x", "data": {"nodes": [], "edges": [], "__proto__": {"polluted": true}}}';
      const { status, body } = await upload(content);
      expect({ status, kept: JSON.stringify(body) }).toEqual({
        status: 201,
        kept: expect.stringContaining('"__proto__":{"polluted":true}'),
      });
      const id = body[0]?.id as string;
      expect((await client.request(`/api/v1/flows/${id}`, { method: 'DELETE', headers })).status).toBe(200);
    });

    it('refuses a form without a file', async () => {
      const body = new FormData();
      body.set('name', canary);
      expectRefusal(await client.request('/api/v1/flows/upload/', { method: 'POST', headers, body }), 422);
    });

    it('refuses what is no form', async () => {
      expectRefusal(await post('/api/v1/flows/upload/', { name: canary }), 415);
      expectRefusal(await client.request('/api/v1/flows/upload/', { method: 'POST', headers }), 415);
    });

    it('refuses a form that ends too soon', async () => {
      const type = { 'content-type': 'multipart/form-data; boundary=b' };
      const body = `--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n{"name": "${canary}"`;
      const init = { method: 'POST', headers: { ...headers, ...type }, body };
      expectRefusal(await client.request('/api/v1/flows/upload/', init), 422);
    });
  });

  describe('addresses', () => {
    it.each([
      ['GET', `/api/v1/flows/${unknownId}`, 404],
      ['DELETE', `/api/v1/flows/${unknownId}`, 404],
      ['DELETE', `/api/v1/api_key/${unknownId}`, 400],
      ['POST', `/api/v1/run/${unknownId}`, 404],
      ['POST', '/api/v1/run/no-such-flow', 404],
      ['POST', '/api/v1/run/a%00b', 404],
      ['GET', `/api/v1/flows/${canary}`, 422],
      ['DELETE', `/api/v1/api_key/${canary}`, 422],
      ['GET', `/api/v1/flows/${canary.repeat(40)}`, 404],
      ['POST', `/api/v1/run/${canary.repeat(40)}`, 404],
      ['GET', '/api/v1/flows/%zz', 404],
      ['GET', `/api/v1/${canary}`, 404],
      ['PUT', '/api/v1/api_key/', 404],
      ['GET', `/API/v1/flows/`, 404],
      ['GET', `/api/v1/flows/?page=${canary}`, 422],
    ])('%s %s', async (method, path, status) => {
      const body = method === 'POST' ? { body: '{}' } : {};
      const type = method === 'POST' ? json : {};
      expectRefusal(await client.request(path, { method, headers: { ...headers, ...type }, ...body }), status);
    });
  });

  it('refuses a name to sign in with that no database can look for', async () => {
    const { status } = await client.login('ada\0', 'not the password');
    expect(status).toBe(422);
  });

  it('refuses two different keys', async () => {
    const path = `/api/v1/flows/?x-api-key=${canary}`;
    expectRefusal(await client.request(path, { headers }), 400);
  });

  it('refuses headers without end', async () => {
    const { hostname, port } = new URL(client.url);
    const huge = { ...headers, 'x-huge': canary.repeat(2_000) };
    const status = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const asked = httpRequest({ hostname, port, path: '/api/v1/flows/', headers: huge }, (response) => {
        text(response).then((body) => resolve([response.statusCode, body]), reject);
      });
      asked.once('error', reject).end();
    });
    expect(status).toEqual([431, expect.not.stringContaining(canary)]);
  });
});

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

function flowOf(nodes: unknown[]): string {
  return JSON.stringify({ name: 'too many', data: { nodes, edges: [] } });
}
