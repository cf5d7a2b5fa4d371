import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LangflowClient } from '@datastax/langflow-client';
import { foreignLangflowExports, langflowEdge, langflowExport, langflowNode, startModelStub } from '@flowkeep/testing';
import { type Answer, Client } from './client.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

type Stub = Awaited<ReturnType<typeof startModelStub>>;

const providerKey = 'sk-canary-of-the-provider-91';
const callersKey = 'sk-of-the-caller-himself';
const question = 'What is the answer?';

/** What a secret field holds in an answer. */
function withoutSecrets<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_key, entry: unknown) => {
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
      const field = entry as { password?: boolean; load_from_db?: boolean; value?: unknown };
      const literal = field.password === true && field.load_from_db !== true && Boolean(field.value);
      return literal ? { ...field, value: null } : field;
    }),
  ) as T;
}

/** ChatInput → a model → ChatOutput. */
function modelFlow(model: string, fields: Record<string, object> = {}) {
  return langflowExport(
    [
      langflowNode('ChatInput-1', 'ChatInput'),
      langflowNode('OpenAIModel-1', 'OpenAIModel', {
        api_key: { name: 'api_key', password: true, load_from_db: true, value: 'OPENAI_API_KEY' },
        model_name: { value: model },
        openai_api_base: { value: '' },
        timeout: { type: 'int', value: 60 },
        max_retries: { type: 'int', value: 0 },
        ...fields,
      }),
      langflowNode('ChatOutput-1', 'ChatOutput'),
    ],
    [
      langflowEdge('ChatInput-1', 'message', 'OpenAIModel-1', 'input_value'),
      langflowEdge('OpenAIModel-1', 'text_output', 'ChatOutput-1', 'input_value'),
    ],
    { name: `asks ${model}` },
  );
}

await describeModes('flows that ask a model', (mode) => {
  let installation: Installation;
  let stub: Stub;
  let evil: Stub;
  let client: Client;
  let owner: Record<string, string>;
  let runOnly: Record<string, string>;

  beforeAll(async () => {
    stub = await startModelStub({ apiKey: providerKey });
    evil = await startModelStub({});
    installation = await startInstallation(mode, { FLOWKEEP_SSRF_ALLOWED_HOSTS: '127.0.0.1' });
    client = new Client(installation.url);
    owner = await client.token();
    const key = { name: 'runs only', permissions: ['runs:create'] };
    const made = await client.post<{ secret: string }>('/api/flowkeep/v1/keys', key, owner);
    runOnly = { 'x-api-key': made.body.secret };
    await variable('OPENAI_API_KEY', providerKey, 'Credential');
    await variable('OPENAI_API_BASE', stub.url, 'Generic');
  });

  afterAll(async () => {
    await installation.stop();
    await stub.stop();
    await evil.stop();
  });

  async function variable(name: string, value: string, type: string): Promise<void> {
    expect(await client.post('/api/v1/variables/', { name, value, type }, owner)).toMatchObject({ status: 201 });
  }

  async function upload(flow: unknown): Promise<string> {
    const { status, body } = await client.upload(JSON.stringify(flow), owner);
    expect(status).toBe(201);
    return body[0]?.id as string;
  }

  const lastKey = () => stub.requests.at(-1)?.authorization;
  const textOf = ({ body }: Answer) => /"text":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(body))?.[1];

  async function streamed(flow: string, body: object, headers = runOnly) {
    const response = await fetch(`${client.url}/api/v1/run/${flow}?stream=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const events = (await response.text())
      .split('\n\n')
      .filter((frame) => frame !== '')
      .map((frame) => JSON.parse(frame) as { event: string; data: { chunk?: string; error?: string } });
    return { status: response.status, events };
  }

  const exports = foreignLangflowExports().filter(({ name }) =>
    ['SimpleAPITest.json', 'Basic_Prompting.json', 'Memory_Chatbot.json'].includes(name),
  );

  // Real exports lie beside the repository; without them there is nothing to try.
  if (exports.length > 0) {
    it.each(exports.map(({ name, json }) => [name, json] as const))(
      '%s runs, plain and streamed, with the key of the vault',
      async (name, json) => {
        const flow = await upload(json);
        const asked = { input_value: question, session_id: `${mode} session` };
        stub.requests.length = 0;
        const plain = await client.run(flow, asked, runOnly);
        expect(plain.status).toBe(200);
        expect(textOf(plain)).toContain(question);
        const { status, events } = await streamed(flow, asked);
        expect(status).toBe(200);
        expect(events.at(-1)?.event).toBe('end');
        if (name === 'SimpleAPITest.json') return;
        expect(stub.requests.map(({ authorization }) => authorization)).toEqual([
          `Bearer ${providerKey}`,
          `Bearer ${providerKey}`,
        ]);
        const chunks = events.filter(({ event }) => event === 'token').map(({ data }) => data.chunk);
        expect(chunks.length).toBeGreaterThan(1);
        expect(chunks.join('')).toContain(question);
        if (name === 'Memory_Chatbot.json') {
          expect(JSON.stringify(stub.requests.at(-1)?.body)).toContain(`User: ${question}\\nAI: You said: ${question}`);
        }
        expect(JSON.stringify([plain.body, events])).not.toContain(providerKey);
      },
    );
  }

  const everything = foreignLangflowExports();
  if (everything.length > 0) {
    it.each(everything.map(({ name, json }) => [name, json] as const))(
      '%s comes out as it went in, minus its secrets',
      async (_name, json) => {
        const flow = await upload(json);
        const init = { method: 'POST', headers: { ...owner, 'content-type': 'application/json' } };
        const download = () => client.request('/api/v1/flows/download/', { ...init, body: JSON.stringify([flow]) });
        const { status, body } = await download();
        expect(status).toBe(200);
        const { data } = json as Record<string, unknown>;
        expect(body['data']).toEqual(withoutSecrets(data));
        const again = await upload(body);
        const second = await client.request(`/api/v1/flows/${again}`, { headers: owner });
        expect(second.body['data']).toEqual(body['data']);
      },
    );
  }

  it('serve the official client of Langflow, whole and streamed', async () => {
    const flow = await upload(modelFlow('official'));
    const official = new LangflowClient({ baseUrl: client.url, apiKey: runOnly['x-api-key'] as string });
    const answer = await official.flow(flow).run(question);
    expect(answer.chatOutputText()).toBe(`You said: ${question}`);
    const events: string[] = [];
    let text = '';
    for await (const event of await official.flow(flow).stream(question)) {
      events.push(event.event);
      if (event.event === 'token') text += event.data.chunk;
    }
    expect(events.slice(0, 2)).toEqual(['add_message', 'add_message']);
    expect(events.at(-1)).toBe('end');
    expect(text).toBe(`You said: ${question}`);
  });

  it('use the key of the request for the run it comes with', async () => {
    const flow = await upload(modelFlow('small'));
    const headers = { ...runOnly, 'X-LANGFLOW-GLOBAL-VAR-OPENAI_API_KEY': callersKey };
    expect(await client.run(flow, { input_value: 'x' }, headers)).toMatchObject({ status: 502 });
    expect(lastKey()).toBe(`Bearer ${callersKey}`);
    expect(await client.run(flow, { input_value: 'x' }, runOnly)).toMatchObject({ status: 200 });
  });

  describe.each([
    ['stub-401', 502, 'refused the API key'],
    ['stub-429', 503, 'limits how often'],
    ['stub-500', 502, 'answered 500'],
    ['stub-half', 502, 'The model provider failed'],
    ['stub-garbage', 502, 'not what a model answers'],
  ])('a provider that is %s', (model, status, sentence) => {
    it('is said to be so', async () => {
      const flow = await upload(modelFlow(model));
      const answer = await client.run(flow, { input_value: 'x' }, runOnly);
      expect(answer.status).toBe(status);
      expect(JSON.stringify(answer.body)).toContain(sentence);
      if (model === 'stub-429') expect(answer.headers.get('retry-after')).toBe('7');
      const { events, status: streamStatus } = await streamed(flow, { input_value: 'x' });
      // It fails before its first event, or as its last.
      if (streamStatus === 200) expect(events.at(-1)).toMatchObject({ event: 'error' });
      else expect(streamStatus).toBe(status);
      expect(JSON.stringify([answer.body, events])).not.toContain(providerKey);
    });
  });

  it('give up on a slow provider after their timeout, and on one that is away', async () => {
    const slow = await upload(modelFlow('stub-slow', { timeout: { type: 'int', value: 1 } }));
    expect(await client.run(slow, { input_value: 'x' }, runOnly)).toMatchObject({ status: 504 });
    const gone = await startModelStub({});
    await gone.stop();
    const away = await upload(modelFlow('small', { openai_api_base: { value: gone.url } }));
    expect(await client.run(away, { input_value: 'x' }, runOnly)).toMatchObject({ status: 502 });
  });

  it('end an answer that never ends', async () => {
    const flow = await upload(modelFlow('stub-endless'));
    const { events } = await streamed(flow, { input_value: 'x' });
    expect(events.at(-1)).toMatchObject({ event: 'error' });
  });

  it('say which host an operator would have to allow', async () => {
    const flow = await upload(modelFlow('small', { openai_api_base: { value: 'http://169.254.169.254/v1' } }));
    const answer = await client.run(flow, { input_value: 'x' }, runOnly);
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('169.254.169.254') } });
    expect(JSON.stringify(answer.body)).toContain('FLOWKEEP_SSRF_ALLOWED_HOSTS');
  });

  it('say which variable is missing', async () => {
    const named = { name: 'api_key', password: true, load_from_db: true, value: 'NOBODYS_KEY' };
    const flow = await upload(modelFlow('small', { api_key: named }));
    const answer = await client.run(flow, { input_value: 'x' }, runOnly);
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('NOBODYS_KEY') } });
  });

  it('lift literal keys into the vault, and give none back', async () => {
    const literal = { name: 'api_key', password: true, value: providerKey };
    const flow = await upload(modelFlow('small', { api_key: literal }));
    expect(await client.run(flow, { input_value: 'x' }, runOnly)).toMatchObject({ status: 200 });
    expect(lastKey()).toBe(`Bearer ${providerKey}`);
    const read = await client.request(`/api/v1/flows/${flow}`, { headers: owner });
    expect(JSON.stringify(read.body)).not.toContain(providerKey);
    const init = { method: 'PATCH', headers: { ...owner, 'content-type': 'application/json' } };
    const body = JSON.stringify({ data: read.body['data'], description: 'saved' });
    expect(await client.request(`/api/v1/flows/${flow}`, { ...init, body })).toMatchObject({ status: 200 });
    expect(await client.run(flow, { input_value: 'x' }, runOnly)).toMatchObject({ status: 200 });
    expect(lastKey()).toBe(`Bearer ${providerKey}`);
    expect(installation.logs()).not.toContain(providerKey);
  });

  describe('a key that may only run', () => {
    interface Field {
      readonly flow: string;
      readonly node: string;
      readonly field: string;
    }

    /** Every field of the exports, and of a flow with a stored key and address. */
    const documents = [...exports.map(({ json }) => json), modelFlow('small', { openai_api_base: { value: '' } })];

    it('leads no stored credential to a host or a name of its own, by whatever field', async () => {
      const fields: Field[] = [];
      for (const document of documents) {
        const flow = await upload(document);
        const { nodes } = (document as { data: { nodes: { id: string; data: { node?: { template?: object } } }[] } })
          .data;
        for (const { id: node, data } of nodes) {
          for (const field of Object.keys(data.node?.template ?? {})) fields.push({ flow, node, field });
        }
      }
      expect(fields.length).toBeGreaterThan(documents.length);
      evil.requests.length = 0;
      for (const { flow, node, field } of fields) {
        for (const wanted of [evil.url, { value: 'OPENAI_API_KEY', load_from_db: true }, 'OPENAI_API_KEY']) {
          // Each in a session of its own: a flow that remembers would hear the others.
          const asked = { session_id: randomUUID(), tweaks: { [node]: { [field]: wanted } } };
          const answer = await client.run(flow, asked, runOnly);
          expect([200, 400, 422]).toContain(answer.status);
          expect(JSON.stringify(answer.body)).not.toContain(providerKey);
        }
      }
      for (const { flow } of fields.slice(-1)) {
        const header = { 'X-LANGFLOW-GLOBAL-VAR-OPENAI_API_BASE': evil.url };
        expect(await client.run(flow, { input_value: 'x' }, { ...runOnly, ...header })).toMatchObject({ status: 400 });
      }
      expect(JSON.stringify(evil.requests)).not.toContain(providerKey);
      expect(evil.requests).toEqual([]);
    });
  });
});
