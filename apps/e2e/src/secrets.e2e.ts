import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { langflowEdge, langflowExport, langflowNode, readTestSchemas } from '@flowkeep/testing';
import { type Answer, Client } from './client.ts';
import { type Installation, password, secretKey, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

const literal = 'canary-literal-in-a-password-field';
const variable = 'canary-value-of-a-variable';
const fromEnvironment = 'canary-key-of-the-environment';
const inHeader = 'canary-variable-in-a-header';
const wrongPassword = 'canary-wrong-password';
const badKey = 'canary-key-that-is-none';
/** Where a flow says it to everybody: proof that the places below are really searched. */
const open = 'canary-in-the-open';
const openInLog = 'FLOWKEEP_CANARY_IN_THE_OPEN';

/** Remembers every answer but those that are there to hand out a secret. */
class RecordingClient extends Client {
  readonly answers: string[] = [];

  override async request<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const answer = await super.request<T>(path, init);
    const reveals = init.method === 'POST' && answer.status === 200 && /\/(login|api_key\/)$/.test(path);
    if (!reveals) this.answers.push(JSON.stringify([answer.body, [...answer.headers]]));
    return answer;
  }
}

await describeModes('secrets', (mode) => {
  let installation: Installation;
  let client: RecordingClient;
  /** What must be nowhere, by what it is. */
  const secrets: Record<string, string> = {
    password,
    secretKey,
    literal,
    wrongPassword,
    badKey,
    variable,
    fromEnvironment,
    inHeader,
  };
  let files: string;
  let rows: string;
  let traffic: string;

  beforeAll(async () => {
    installation = await startInstallation(mode, { [openInLog]: 'x', OPENAI_API_KEY: fromEnvironment });
    client = new RecordingClient(installation.url);
    await mainJob();
    await installation.restart();
    client = Object.assign(new RecordingClient(installation.url), { answers: client.answers });
    await mainJob();
    files = readFiles(installation.dataDir);
    rows = installation.schemaPrefix === undefined ? '' : (await readTestSchemas(installation.schemaPrefix)).join('\n');
    traffic = ((await installation.traffic?.()) ?? []).join('\n');
  });

  afterAll(() => installation.stop());

  let rounds = 0;

  /** Everything a user does, and everything that goes wrong. */
  async function mainJob(): Promise<void> {
    const round = ++rounds;
    const json = { 'content-type': 'application/json' };
    const { access_token } = (await client.login()).body;
    secrets[`token ${round}`] = access_token;
    const token = { authorization: `Bearer ${access_token}` };
    const key = (await client.post<{ id: string; api_key: string }>('/api/v1/api_key/', { name: 'k' }, token)).body;
    secrets[`key ${round}`] = key.api_key;
    const headers = { 'x-api-key': key.api_key };
    expect((await client.login('ada', wrongPassword)).status).toBe(401);
    expect((await client.login('nobody', wrongPassword)).status).toBe(401);

    const flow = await client.upload(JSON.stringify(flowWithSecret()), headers);
    expect(flow.status).toBe(201);
    const id = flow.body[0]?.id as string;
    const unknown = await client.upload(JSON.stringify(langflowExport([langflowNode('N-1', 'Nobody')])), headers);
    for (const path of ['/api/v1/flows/', `/api/v1/flows/${id}`, '/api/v1/api_key/', '/api/v1/users/whoami']) {
      expect((await client.request(path, { headers })).status).toBe(200);
      expect((await client.request(path, { headers: token })).status).toBe(200);
    }
    expect((await client.run(id, { input_value: 'x', session_id: 's' }, headers)).status).toBe(200);
    expect((await client.run(id, { input_value: 'x' }, headers, '?stream=true')).status).toBe(200);
    expect((await client.run(unknown.body[0]?.id as string, {}, headers)).status).toBe(400);
    expect((await client.run(id, { tweaks: { 'ChatInput-1': { api_token: literal } } }, headers)).status).not.toBe(500);

    const variables = '/api/v1/variables/';
    const made = await client.post<{ id: string }>(variables, { name: `CANARY ${round}`, value: variable }, headers);
    expect(made.status).toBe(201);
    for (const body of [
      { name: 'CANARY 1', value: variable },
      { name: [variable], value: variable },
      { value: variable },
    ]) {
      expect([400, 422]).toContain((await client.post(variables, body, headers)).status);
    }
    expect((await client.request<unknown[]>(variables, { headers })).body).toHaveLength(round + 1);
    const inHeaders = { ...headers, 'X-LANGFLOW-GLOBAL-VAR-OPENAI_API_KEY': inHeader };
    expect((await client.run(id, { input_value: 'x' }, inHeaders)).status).toBe(200);
    const broken = await client.run(id, { input_value: 'x' }, { ...headers, 'x-langflow-global-var-': inHeader });
    expect(broken.status).toBe(422);

    // Keys in every place, on every kind of bad request.
    const places = [key.api_key, badKey, `${key.api_key.slice(0, -1)}~`, access_token];
    for (const value of places) {
      for (const path of ['/api/v1/flows/', '/api/v1/nowhere', '/api/v1/flows/%zz', `/api/v1/run/${'a'.repeat(600)}`]) {
        const query = encodeURIComponent(value);
        await client.request(`${path}?x-api-key=${query}`);
        await client.request(`${path}?x-api-key=${query}`, { method: 'POST', headers: json, body: `{"a": "${value}` });
        await client.request(path, { headers: { authorization: `Bearer ${value}` } });
        await client.request(path, { headers: { cookie: `access_token_lf=${value}` } });
      }
    }
    await client.post('/api/v1/login', `username=ada&password=${password}`, json);
    await client.request(`/api/v1/api_key/${key.id}`, { method: 'DELETE', headers });
    expect((await client.run(id, {}, headers)).status).toBe(403);
  }

  /** Which secrets a text has in it, as they are or encoded. */
  function found(text: string): string[] {
    return Object.entries(secrets)
      .filter(([, value]) => {
        const bytes = Buffer.from(value);
        const forms = [value, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
        return forms.some((form) => text.includes(form));
      })
      .map(([name]) => name);
  }

  it('are in no log', () => {
    expect(installation.logs()).toContain(openInLog);
    expect(found(installation.logs())).toEqual([]);
  });

  it('are in no answer after the one that hands them out', () => {
    const answers = client.answers.join('\n');
    expect(answers).toContain(open);
    expect(found(answers)).toEqual([]);
  });

  it('are in no file', () => {
    if (mode === 'standalone') expect(files).toContain(open);
    expect(found(files)).toEqual([]);
  });

  if (mode === 'distributed') {
    it('are in no row', () => {
      expect(rows).toContain(open);
      expect(found(rows)).toEqual([]);
    });

    it('cross NATS in fields declared for them only', () => {
      expect(traffic).toContain(open);
      expect(found(traffic)).toEqual([]);
    });
  }

  it('are found where they are', () => {
    for (const [name, value] of Object.entries(secrets)) {
      expect(found(`a line with ${value} in it`)).toEqual([name]);
      expect(found(Buffer.from(value).toString('hex'))).toEqual([name]);
    }
  });
});

function flowWithSecret() {
  const nodes = [
    langflowNode('ChatInput-1', 'ChatInput', { input_value: {}, api_token: { password: true, value: literal } }, [
      'message',
    ]),
    langflowNode('ChatOutput-1', 'ChatOutput', { input_value: {} }, ['message']),
  ];
  return langflowExport(nodes, [langflowEdge('ChatInput-1', 'message', 'ChatOutput-1', 'input_value')], {
    description: open,
  });
}

/** The bytes of all files, one after another. */
function readFiles(directory: string): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const contents = entries
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return Buffer.concat(contents).toString('latin1');
}
