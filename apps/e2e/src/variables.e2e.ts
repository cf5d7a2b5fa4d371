import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

interface VariableRead {
  readonly id: string;
  readonly name: string;
  readonly type: 'Credential' | 'Generic';
  readonly value: string | null;
  readonly default_fields: readonly string[];
}

const path = '/api/v1/variables/';

await describeModes('variables', (mode) => {
  let installation: Installation;
  let client: Client;
  let headers: Record<string, string>;

  beforeAll(async () => {
    installation = await startInstallation(mode, {
      GROQ_API_KEY: 'gsk-of-the-environment',
      MY_OWN_KEY: 'named-by-a-setting',
      NOBODY_NAMED_IT: 'stays-where-it-is',
      FLOWKEEP_VARIABLES_TO_GET_FROM_ENVIRONMENT: 'MY_OWN_KEY',
    });
    client = new Client(installation.url);
    headers = { 'x-api-key': (await client.createKey('variables')).api_key };
  });

  afterAll(() => installation.stop());

  const create = (body: object) => client.post<VariableRead>(path, body, headers);
  const list = async () => (await client.request<VariableRead[]>(path, { headers })).body;
  const change = (method: 'PATCH' | 'DELETE', id: string, body?: object) =>
    client.request<VariableRead>(path + id, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const names = async () => (await list()).map(({ name }) => name);

  it('come with the environment, without their values', async () => {
    const found = await eventually(names, (all) => all.length >= 2);
    expect(found).toEqual(['GROQ_API_KEY', 'MY_OWN_KEY']);
    expect(await list()).toMatchObject([
      { type: 'Credential', value: null, default_fields: [] },
      { type: 'Credential', value: null, default_fields: [] },
    ]);
  });

  it('are made, listed, changed and deleted', async () => {
    const made = await create({ name: 'OPENAI_API_KEY', value: 'sk-1', default_fields: ['OpenAI API Key'] });
    const { id } = made.body;
    const credential = { id, name: 'OPENAI_API_KEY', type: 'Credential', value: null };
    expect(made).toMatchObject({ status: 201, body: { ...credential, default_fields: ['OpenAI API Key'] } });
    const plain = await create({ name: 'A base', value: 'https://wörld.example', type: 'Generic' });
    expect(plain).toMatchObject({ status: 201, body: { type: 'Generic', value: 'https://wörld.example' } });
    expect(await list()).toEqual(expect.arrayContaining([made.body, plain.body]));
    const changed = await change('PATCH', id, { id, name: 'RENAMED', default_fields: [] });
    expect(changed).toMatchObject({ status: 200, body: { ...credential, name: 'RENAMED', default_fields: [] } });
    expect(await change('PATCH', id, { type: 'Generic' })).toMatchObject({ status: 422 });
    for (const each of [id, plain.body.id])
      expect(await change('DELETE', each)).toMatchObject({ status: 204, body: null });
    expect(await names()).toEqual(['GROQ_API_KEY', 'MY_OWN_KEY']);
  });

  it('say what is wrong in the words of Langflow', async () => {
    const refused = (status: number, detail: string) => ({ status, body: { detail } });
    expect(await create({ name: 'A' })).toMatchObject(refused(400, 'Variable value cannot be empty'));
    expect(await create({})).toMatchObject(refused(400, 'Variable name and value cannot be empty'));
    expect(await create({ name: 'GROQ_API_KEY', value: 'x' })).toMatchObject(
      refused(400, 'Variable name already exists'),
    );
    for (const method of ['PATCH', 'DELETE'] as const) {
      const body = method === 'PATCH' ? { value: 'x' } : undefined;
      expect(await change(method, randomUUID(), body)).toMatchObject(refused(404, 'Variable not found'));
    }
    expect(await create({ name: 'A', value: 7 })).toMatchObject({ status: 422 });
  });

  it('stay what they are over a restart, and a person is not overruled by the environment', async () => {
    const groq = (await list()).find(({ name }) => name === 'GROQ_API_KEY');
    const id = groq?.id as string;
    expect(await change('PATCH', id, { value: 'of a person', type: 'Generic' })).toMatchObject({ status: 200 });
    await installation.restart();
    client = new Client(installation.url);
    // Imports once more.
    expect((await client.login()).status).toBe(200);
    expect((await list()).find(({ name }) => name === 'GROQ_API_KEY')).toMatchObject({ id, value: 'of a person' });
    expect(await names()).toEqual(['GROQ_API_KEY', 'MY_OWN_KEY']);
  });
});
