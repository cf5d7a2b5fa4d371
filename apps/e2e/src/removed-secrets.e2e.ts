import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findSecrets } from './canaries.ts';
import { type Answer, Client } from './client.ts';
import { documentedRoutes } from './documented-routes.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { flowLiterals, openText, secretFlow } from './secret-flow.ts';
import { readFiles, readRows } from './stored.ts';

/** What is sent to flows and brings none. */
const others = /\/(?:download|runs|runs\/stream|secrets\/promote)$/;

await describeModes('a server that keeps no secrets of flows', (mode) => {
  let installation: Installation;
  let client: Client;
  let headers: Record<string, string>;
  let flowId: string;

  beforeAll(async () => {
    installation = await startInstallation(mode, { FLOWKEEP_REMOVE_API_KEYS: 'true' });
    client = new Client(installation.url);
    headers = { 'x-api-key': (await client.createKey('removes')).api_key };
    flowId = (await client.upload(JSON.stringify(document()), headers)).body[0]?.id as string;
  });

  afterAll(() => installation.stop());

  const document = () => secretFlow('NAME_OF_A_VARIABLE', openText);
  const send = (method: string, path: string, body: object) =>
    client.request<unknown>(path, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const writes: Record<string, readonly (() => Promise<Answer>)[]> = {
    'POST /api/v1/flows': [() => send('POST', '/api/v1/flows/', document())],
    'POST /api/v1/flows/upload': [
      () => client.upload(JSON.stringify(document()), headers),
      () => client.upload(JSON.stringify({ flows: [document(), document()] }), headers),
    ],
    'PATCH /api/v1/flows/:flowId': [() => send('PATCH', `/api/v1/flows/${flowId}`, { data: document()['data'] })],
    'POST /api/flowkeep/v1/flows/import': [
      () => send('POST', '/api/flowkeep/v1/flows/import', { dialect: 'langflow', documents: [document()] }),
    ],
  };

  it('knows every route that stores a flow', () => {
    const stores = documentedRoutes.filter(
      ({ method, path }) =>
        ['POST', 'PUT', 'PATCH'].includes(method) && /\/flows(?:\/|$)/.test(path) && !others.test(path),
    );
    expect(stores.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(writes).sort());
  });

  it.each(Object.entries(writes))('throws them away at %s', async (_route, requests) => {
    for (const request of requests) {
      const answer = await request();
      expect([200, 201]).toContain(answer.status);
      const text = JSON.stringify(answer.body);
      expect(text).toContain('NAME_OF_A_VARIABLE');
      expect(text).toMatch(/"headers":\{[^}]*"value":\[\]/);
      expect(findSecrets(text, flowLiterals)).toEqual([]);
    }
  });

  it('has none, not even in the vault', async () => {
    const rows = await readRows(installation);
    expect(rows.join('\n')).toContain(openText);
    expect(findSecrets(rows.join('\n') + readFiles(installation.dataDir), flowLiterals)).toEqual([]);
    expect(rows.filter((row) => row.includes('flowkeep_secret') || row.includes('flow_secret '))).toEqual([]);
  });
});
