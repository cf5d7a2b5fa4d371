import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { findSecrets } from './canaries.ts';
import { Client } from './client.ts';
import { documentedRoutes } from './documented-routes.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { flowLiterals, openText, secretFlow, startTellTale, tellTaleFlow } from './secret-flow.ts';

const variable = 'canary-value-of-a-variable-6c1e';
const secrets = { ...flowLiterals, 'the value of a credential': variable };
const imported = 'flow.imported';
const refused = 'The model provider failed. It answered 400';

/** Resources that know nothing of what is in a flow. A route of any other one has to say below what it gives out. */
const silent = new RegExp(
  '^(?:/api/(?:flowkeep/)?v1/(?:account|api_key|apikey|auth|auto_login|components-credentials|components-credentials-icon|' +
    'credential-types|credentials|invitations|keys|login|logout|members|refresh|session|sessions|signing-keys|users|' +
    'variables|vault|verify|version|workspaces)|/health|/health_check|/healthz|/readyz|/[.]well-known)(?:/|$)',
);
const missing = '0198c0de-0000-7000-8000-00000000dead';

await describeModes('what gives out a flow, or what came of it', (mode) => {
  let installation: Installation;
  let provider: Awaited<ReturnType<typeof startTellTale>>;
  let client: Client;
  let headers: Record<string, string>;
  let flowId: string;
  let failingId: string;

  beforeAll(async () => {
    provider = await startTellTale();
    installation = await startInstallation(mode, { FLOWKEEP_SSRF_ALLOWED_HOSTS: '127.0.0.1' });
    client = new Client(installation.url);
    headers = { 'x-api-key': (await client.createKey('exits')).api_key };
    const made = await client.post('/api/v1/variables/', { name: 'CANARY', value: variable }, headers);
    expect(made.status).toBe(201);
    flowId = (await client.upload(JSON.stringify(secretFlow('CANARY')), headers)).body[0]?.id as string;
    failingId = (await client.upload(JSON.stringify(tellTaleFlow(provider.url)), headers)).body[0]?.id as string;
  });

  afterAll(async () => {
    await installation.stop();
    await provider.stop();
  });

  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const init = { method, headers: { ...headers, ...type }, body: body === undefined ? null : JSON.stringify(body) };
    const response = await fetch(installation.url + path, init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const zipped = response.headers.get('content-type') === 'application/x-zip-compressed';
    const text = zipped ? Object.values(unzipSync(bytes)).map((file) => strFromU8(file)) : strFromU8(bytes);
    return JSON.stringify([[...response.headers], text]);
  };
  const document = () => secretFlow('CANARY', 'made to be shown');
  const run = { input_value: 'Hi' };

  /** Every route that gives out a flow, with each of its media and what shows that it did. */
  const exits: Record<string, readonly (readonly [string, () => Promise<string>])[]> = {
    'GET /api/v1/flows': ['', '?header_flows=true', '?get_all=false', '?components_only=true'].map((query) => [
      openText,
      () => ask('GET', `/api/v1/flows/${query}`),
    ]),
    'POST /api/v1/flows': [[openText, () => ask('POST', '/api/v1/flows/', document())]],
    'GET /api/v1/flows/:flowId': [[openText, () => ask('GET', `/api/v1/flows/${flowId}`)]],
    'PATCH /api/v1/flows/:flowId': [
      [openText, () => ask('PATCH', `/api/v1/flows/${flowId}`, { data: document()['data'] })],
      [openText, () => ask('PATCH', `/api/v1/flows/${flowId}`, { description: `still ${openText}` })],
    ],
    'DELETE /api/v1/flows/:flowId': [['Flow not found', () => ask('DELETE', `/api/v1/flows/${missing}`)]],
    'DELETE /api/v1/flows': [['deleted', () => ask('DELETE', '/api/v1/flows/', [missing])]],
    'POST /api/v1/flows/upload': [
      [
        openText,
        async () => JSON.stringify((await client.upload(JSON.stringify({ flows: [document()] }), headers)).body),
      ],
      ['nodes', async () => JSON.stringify(await client.upload(JSON.stringify({ ...document(), data: {} }), headers))],
    ],
    'POST /api/v1/flows/download': [
      [openText, () => ask('POST', '/api/v1/flows/download/', [flowId])],
      [openText, () => ask('POST', '/api/v1/flows/download/', [flowId, failingId])],
    ],
    'POST /api/v1/run/:flow': [
      [openText, () => ask('POST', `/api/v1/run/${flowId}`, run)],
      [openText, () => ask('POST', `/api/v1/run/${flowId}?stream=true`, run)],
      [openText, () => ask('POST', `/api/v1/run/${flowId}`, { ...run, output_type: 'debug' })],
      [refused, () => ask('POST', `/api/v1/run/${failingId}`, run)],
      [refused, () => ask('POST', `/api/v1/run/${failingId}?stream=true`, run)],
    ],
    'GET /api/flowkeep/v1/flows': [['says its secrets', () => ask('GET', '/api/flowkeep/v1/flows')]],
    'POST /api/flowkeep/v1/flows/import': [
      ['"lifted', () => ask('POST', '/api/flowkeep/v1/flows/import', { dialect: 'langflow', documents: [document()] })],
    ],
    'GET /api/flowkeep/v1/flows/:flowId': [[openText, () => ask('GET', `/api/flowkeep/v1/flows/${flowId}`)]],
    'DELETE /api/flowkeep/v1/flows/:flowId': [
      ['flow_not_found', () => ask('DELETE', `/api/flowkeep/v1/flows/${missing}`)],
    ],
    'POST /api/flowkeep/v1/flows/:flowId/secrets/promote': [
      [
        openText,
        async () => {
          const { body } = await client.upload(JSON.stringify(document()), headers);
          const place = { nodeId: 'Prompt-1', field: 'literal', name: 'PROMOTED', version: 1 };
          return ask('POST', `/api/flowkeep/v1/flows/${body[0]?.id}/secrets/promote`, place);
        },
      ],
    ],
    'POST /api/flowkeep/v1/flows/:flow/runs': [
      [openText, () => ask('POST', `/api/flowkeep/v1/flows/${flowId}/runs`, { input: 'Hi' })],
      [refused, () => ask('POST', `/api/flowkeep/v1/flows/${failingId}/runs`, { input: 'Hi' })],
    ],
    'POST /api/flowkeep/v1/flows/:flow/runs/stream': [
      [openText, () => ask('POST', `/api/flowkeep/v1/flows/${flowId}/runs/stream`, { input: 'Hi' })],
      [refused, () => ask('POST', `/api/flowkeep/v1/flows/${failingId}/runs/stream`, { input: 'Hi' })],
    ],
    'GET /api/flowkeep/v1/audit': [[imported, () => ask('GET', '/api/flowkeep/v1/audit')]],
    'GET /api/flowkeep/v1/audit/export': [[imported, () => ask('GET', '/api/flowkeep/v1/audit/export')]],
  };

  it('is every route that is not of a resource without flows', () => {
    const others = documentedRoutes.filter(({ path }) => !silent.test(path));
    expect(others.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(exits).sort());
  });

  it.each(Object.entries(exits))('%s keeps the secrets', async (_route, media) => {
    for (const [shown, answer] of media) {
      const text = await answer();
      expect(text).toContain(shown);
      expect(findSecrets(text, secrets)).toEqual([]);
    }
  });

  const others = documentedRoutes.filter(({ path }) => silent.test(path));

  it.each(others.map(({ method, path }) => [`${method} ${path}`, method, path]))(
    '%s shows nothing of it',
    async (_route, method, path) => {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      const text = await ask(method, path.replaceAll(/:\w+/g, method === 'GET' ? flowId : missing), body);
      expect(text).not.toContain(openText);
      expect(findSecrets(text, secrets)).toEqual([]);
    },
  );
});
