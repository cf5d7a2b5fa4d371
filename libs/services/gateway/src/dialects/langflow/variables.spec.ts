import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createVariable,
  deleteVariable,
  DomainError,
  listVariables,
  type RequestOf,
  run,
  updateVariable,
  type Variable,
} from '@flowkeep/contracts';
import { gatewayStand } from '../../gateway.spec-stand.ts';

const path = '/api/v1/variables';
const id = randomUUID();
const canary = 'sk-canary-7be0';

const stored: Variable = {
  id,
  workspaceId: randomUUID(),
  ownerId: randomUUID(),
  name: 'OPENAI_API_KEY',
  kind: 'credential',
  value: null,
  defaultFields: ['OpenAI API Key'],
  origin: 'person',
  source: 'value',
  reference: null,
  fingerprint: '0a1b2c3d',
  createdAt: 0,
  updatedAt: 0,
  lastUsedAt: null,
};
const read = { id, name: 'OPENAI_API_KEY', type: 'Credential', value: null, default_fields: ['OpenAI API Key'] };

describe("Langflow's variables", () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;
  let asked: unknown[];

  beforeEach(async () => {
    stand = await gatewayStand();
    asked = [];
    stand.bus.answer(createVariable, (request) => {
      asked.push(request);
      return stored;
    });
    stand.bus.answer(updateVariable, (request: RequestOf<typeof updateVariable>) => {
      asked.push(request);
      return stored;
    });
  });
  afterEach(() => stand.stop());

  async function ask(method: string, at: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await stand.fetch(at, {
      method,
      headers: {
        'x-api-key': stand.key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as unknown };
  }

  it.each([path, `${path}/`])('are made at %s, credentials where nothing is said', async (at) => {
    const body = { name: 'OPENAI_API_KEY', value: canary, colour: 'red' };
    expect(await ask('POST', at, body)).toEqual({ status: 201, body: read });
    expect(asked).toEqual([{ name: 'OPENAI_API_KEY', value: canary, kind: 'credential', defaultFields: [] }]);
  });

  it('are made with a type and the fields they stand in for', async () => {
    const body = { name: 'A', value: 'b', type: 'Generic', default_fields: ['F'] };
    expect((await ask('POST', path, body)).status).toBe(201);
    expect(asked).toEqual([{ name: 'A', value: 'b', kind: 'generic', defaultFields: ['F'] }]);
  });

  it.each([
    [{}, 'Variable name and value cannot be empty'],
    [{ name: '', value: '' }, 'Variable name and value cannot be empty'],
    [{ name: '  ', value: canary }, 'Variable name cannot be empty'],
    [{ name: 'A' }, 'Variable value cannot be empty'],
    [{ name: 'A', value: '' }, 'Variable value cannot be empty'],
  ])('are refused in words: %j', async (body, detail) => {
    expect(await ask('POST', path, body)).toEqual({ status: 400, body: { detail } });
    expect(asked).toEqual([]);
  });

  it.each([
    ['POST', path, { name: 7, value: canary }, 'name'],
    ['POST', path, { name: 'A', value: [canary] }, 'value'],
    ['POST', path, { name: 'A', value: canary, type: 'Secret' }, 'type'],
    ['POST', path, { name: 'A', value: canary, default_fields: 'F' }, 'default_fields'],
    ['POST', path, { name: 'a'.repeat(256), value: canary }, 'name'],
    ['PATCH', `${path}/${id}`, { value: 7 }, 'value'],
    ['PATCH', `${path}/${id}`, { name: '' }, 'name'],
    ['PATCH', `${path}/${id}`, { id: 'none' }, 'id'],
  ])('are refused with the field and without the value: %s %s %j', async (method, at, body, field) => {
    const answer = await ask(method, at, body);
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', field] }] } });
    expect(JSON.stringify(answer)).not.toContain(canary);
    expect(asked).toEqual([]);
  });

  it('have names of their own', async () => {
    stand.bus.answer(createVariable, () => {
      throw new DomainError('name_taken', { message: 'Variable name already exists' });
    });
    const answer = await ask('POST', path, { name: 'A', value: canary });
    expect(answer).toEqual({ status: 400, body: { detail: 'Variable name already exists' } });
  });

  it('are listed as an array, all of them but those with a hidden name', async () => {
    const names = ['A', '__hidden__', '__', '____', '__x', 'B'];
    const all = names.map((name) => ({ ...stored, id: randomUUID(), name, kind: 'generic' as const, value: 'v' }));
    // Two at a time, whatever is asked for.
    stand.bus.answer(listVariables, ({ skip }) => ({ total: all.length, variables: all.slice(skip, skip + 2) }));
    const { status, body } = await ask('GET', `${path}/`);
    expect(status).toBe(200);
    expect((body as { name: string }[]).map(({ name }) => name)).toEqual(['A', '__', '____', '__x', 'B']);
    expect(body).toContainEqual({
      id: all[0]?.id,
      name: 'A',
      type: 'Generic',
      value: 'v',
      default_fields: read.default_fields,
    });
  });

  it.each([
    [{ id, value: canary }, { value: canary }],
    [
      { name: 'B', type: 'Generic', default_fields: [], updated_at: 'x' },
      { name: 'B', kind: 'generic', defaultFields: [] },
    ],
    [{ name: null, value: null, type: null, default_fields: null }, {}],
    [{}, {}],
  ])('change in what is given: %j', async (body, changes) => {
    expect(await ask('PATCH', `${path}/${id}`, body)).toEqual({ status: 200, body: read });
    expect(asked).toEqual([{ variableId: id, ...changes }]);
  });

  it('are not changed under another id than the one of the address', async () => {
    const answer = await ask('PATCH', `${path}/${id}`, { id: randomUUID(), value: canary });
    expect(answer).toEqual({ status: 404, body: { detail: 'Variable not found' } });
    expect(asked).toEqual([]);
  });

  it('go without a word, once', async () => {
    const left = new Set<string>([id]);
    stand.bus.answer(deleteVariable, ({ variableId, force }) => {
      expect(force).toBe(true);
      if (!left.delete(variableId)) throw new DomainError('variable_not_found');
      return { variableId };
    });
    expect(await ask('DELETE', `${path}/${id}/`)).toEqual({ status: 204, body: null });
    const gone = { status: 404, body: { detail: 'Variable not found' } };
    expect(await ask('DELETE', `${path}/${id}`)).toEqual(gone);
    stand.bus.answer(updateVariable, () => {
      throw new DomainError('variable_not_found');
    });
    expect(await ask('PATCH', `${path}/${id}`, { value: 'x' })).toEqual(gone);
  });

  it('come with a run in its headers, and are in no log', async () => {
    let given: unknown;
    stand.bus.answer(run, ({ globalVariables }) => {
      given = globalVariables;
      throw new DomainError('run_failed');
    });
    await ask('POST', '/api/v1/run/echo', {}, { 'X-LANGFLOW-GLOBAL-VAR-OPENAI_API_KEY': canary });
    expect(given).toEqual({ openai_api_key: canary });
    const refused = await ask('POST', '/api/v1/run/echo', {}, { 'x-langflow-global-var-': canary });
    expect(refused).toMatchObject({ status: 422, body: { detail: [{ loc: ['header', 'x-langflow-global-var-'] }] } });
    expect(JSON.stringify(refused)).not.toContain(canary);
    expect(stand.log.text()).not.toContain(canary);
  });
});
