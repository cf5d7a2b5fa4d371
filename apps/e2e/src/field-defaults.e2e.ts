import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { langflowEdge, langflowExport, langflowNode, startModelStub } from '@flowkeep/testing';
import { Client } from './client.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

const providerKey = 'sk-canary-applied-5e';
const literal = 'sk-canary-literal-5e';
const native = '/api/flowkeep/v1';

interface Report {
  readonly flows: readonly { readonly id: string; readonly name: string; readonly version: number }[];
  readonly lifted: readonly object[];
  readonly bound: readonly object[];
}

/** ChatInput → a model → ChatOutput. */
function modelFlow(name: string, base: string, apiKey: object) {
  return langflowExport(
    [
      langflowNode('ChatInput-1', 'ChatInput'),
      langflowNode('OpenAIModel-1', 'OpenAIModel', {
        api_key: { password: true, display_name: 'OpenAI API Key', ...apiKey },
        model_name: { value: 'stub' },
        openai_api_base: { value: base },
        max_retries: { type: 'int', value: 0 },
      }),
      langflowNode('ChatOutput-1', 'ChatOutput'),
    ],
    [
      langflowEdge('ChatInput-1', 'message', 'OpenAIModel-1', 'input_value'),
      langflowEdge('OpenAIModel-1', 'text_output', 'ChatOutput-1', 'input_value'),
    ],
    { name },
  );
}

await describeModes('variables and the fields of flows', (mode) => {
  let installation: Installation;
  let stub: Awaited<ReturnType<typeof startModelStub>>;
  let client: Client;
  let headers: Record<string, string>;

  beforeAll(async () => {
    stub = await startModelStub({});
    installation = await startInstallation(mode, { FLOWKEEP_SSRF_ALLOWED_HOSTS: '127.0.0.1' });
    client = new Client(installation.url);
    headers = await client.token();
  });

  afterAll(async () => {
    await installation.stop();
    await stub.stop();
  });

  const bring = (...documents: object[]) =>
    client.post<Report>(`${native}/flows/import`, { dialect: 'langflow', documents }, headers);
  const keyOf = async (flowId: string) => {
    expect(await client.run(flowId, { input_value: 'Hi' }, headers)).toMatchObject({ status: 200 });
    return stub.requests.at(-1)?.authorization;
  };
  const uses = async (name: string) =>
    (await client.request<{ uses: object[] }>(`${native}/variables/uses?name=${name}`, { headers })).body.uses;
  const remove = (variableId: string, query = '') =>
    client.request(`${native}/variables/${variableId}${query}`, { method: 'DELETE', headers });

  it('a variable applies to empty fields of a flow that comes later, and is used by it', async () => {
    const variable = { name: 'APPLIED', value: providerKey, default_fields: ['OpenAI API Key'] };
    const made = await client.post<{ id: string }>('/api/v1/variables/', variable, headers);
    expect(made.status).toBe(201);
    const uploaded = await client.upload(JSON.stringify(modelFlow('Uploaded', stub.url, { value: '' })), headers);
    expect(uploaded.status).toBe(201);
    const flowId = uploaded.body[0]?.id as string;
    expect(await keyOf(flowId)).toBe(`Bearer ${providerKey}`);
    const usedBy = [{ flowId, name: 'Uploaded' }];
    expect(await uses('APPLIED')).toEqual([{ variable: 'APPLIED', total: 1, usedBy }]);
    const refused = await remove(made.body.id);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'variable_in_use', issues: [{ path: ['flows', flowId], message: 'Uploaded' }] },
    });

    // A field that a save has cleared stays so, and nothing uses the variable any more.
    const cleared = modelFlow('Uploaded', stub.url, { value: 'sk-own', load_from_db: false });
    const saved = await client.request(`/api/v1/flows/${flowId}`, {
      method: 'PATCH',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ data: cleared['data'] }),
    });
    expect(saved.status).toBe(200);
    expect(await keyOf(flowId)).toBe('Bearer sk-own');
    expect(await uses('APPLIED')).toEqual([]);
    expect(await remove(made.body.id)).toMatchObject({ status: 200 });
  });

  it('a secret that an import took out becomes a variable', async () => {
    const { status, body } = await bring(modelFlow('Literal', stub.url, { value: literal }));
    expect(status).toBe(201);
    const [flow] = body.flows;
    const place = { nodeId: 'OpenAIModel-1', field: 'api_key' };
    expect(body).toMatchObject({ lifted: [{ flowId: flow?.id, ...place, kept: true }], bound: [] });
    const flowId = flow?.id as string;
    const promote = (request: object) =>
      client.post<{ variableId: string }>(
        `${native}/flows/${flowId}/secrets/promote`,
        { ...place, ...request },
        headers,
      );
    expect(await promote({ name: 'NAMED', version: 2 })).toMatchObject({ status: 412 });
    expect(await promote({ name: 'NAMED' })).toMatchObject({
      status: 422,
      body: { issues: [{ path: ['body', 'version'] }] },
    });
    const named = await promote({ name: 'NAMED', version: 1 });
    expect(named).toMatchObject({ status: 200, body: { flow: { id: flowId, version: 2 } } });
    expect(JSON.stringify(named.body)).not.toContain(literal);
    expect(await keyOf(flowId)).toBe(`Bearer ${literal}`);
    expect(await uses('NAMED')).toMatchObject([{ total: 1 }]);
    expect(await promote({ name: 'AGAIN', version: 2 })).toMatchObject({ status: 404 });

    // Another flow takes it by its name.
    const other = await bring(modelFlow('Other', stub.url, { value: 'NAMED', load_from_db: true }));
    expect(await keyOf(other.body.flows[0]?.id as string)).toBe(`Bearer ${literal}`);
    const taken = await bring(modelFlow('Taken', stub.url, { value: 'sk-other' }));
    const request = { ...place, name: 'NAMED', version: 1 };
    const again = `${native}/flows/${taken.body.flows[0]?.id as string}/secrets/promote`;
    expect(await client.post(again, request, headers)).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    expect(await remove(named.body.variableId, '?force=true')).toMatchObject({ status: 200 });
    expect(await client.run(flowId, { input_value: 'Hi' }, headers)).toMatchObject({ status: 400 });
  });

  it('an import says which fields took a variable', async () => {
    const variable = { name: 'BY FIELD', value: providerKey, defaultFields: ['api_key'] };
    expect(await client.post(`${native}/variables`, variable, headers)).toMatchObject({ status: 201 });
    const { body } = await bring(modelFlow('Bound', stub.url, { value: null, load_from_db: true }));
    const flowId = body.flows[0]?.id as string;
    expect(body.bound).toEqual([{ flowId, nodeId: 'OpenAIModel-1', field: 'api_key', variable: 'BY FIELD' }]);
    expect(await keyOf(flowId)).toBe(`Bearer ${providerKey}`);
  });
});
