import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createCredential,
  type Credential,
  deleteCredential,
  DomainError,
  getCredential,
  listCredentials,
  updateCredential,
} from '@flowkeep/contracts';
import { gatewayStand } from '../../gateway.spec-stand.ts';
import { blankMark } from './shapes/credential-row.ts';

const id = randomUUID();
const canary = 'sk-canary-90aa';

const stored: Credential = {
  id,
  workspaceId: randomUUID(),
  ownerId: randomUUID(),
  name: 'OpenAI',
  type: 'openAIApi',
  fingerprint: '0a1b2c3d',
  createdAt: 0,
  updatedAt: 1000,
};
const row = {
  id,
  name: 'OpenAI',
  credentialName: 'openAIApi',
  createdDate: '1970-01-01T00:00:00.000Z',
  updatedDate: '1970-01-01T00:00:01.000Z',
  workspaceId: stored.workspaceId,
};

describe("Flowise's credentials", () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;
  let asked: unknown[];

  beforeEach(async () => {
    stand = await gatewayStand();
    asked = [];
    const recording = (name: string, request: unknown) => void asked.push([name, request]);
    stand.bus.answer(listCredentials, (request) => {
      recording('list', request);
      return { total: 1, credentials: [stored] };
    });
    stand.bus.answer(createCredential, (request) => {
      recording('create', request);
      return stored;
    });
    stand.bus.answer(updateCredential, (request) => {
      recording('update', request);
      return stored;
    });
    stand.bus.answer(getCredential, ({ credentialId }) => {
      if (credentialId !== id) throw new DomainError('credential_not_found');
      return { ...stored, fields: { openAIApiKey: null, note: 'seen', count: 3 } };
    });
    stand.bus.answer(deleteCredential, ({ credentialId }) => {
      if (credentialId !== id) throw new DomainError('credential_not_found');
      return { credentialId };
    });
  });

  afterEach(() => stand.stop());

  async function ask(method: string, path: string, body?: unknown) {
    const response = await stand.fetch(`/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${stand.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text };
  }

  it('are made of fields, without the id that is sent, and never answered with them', async () => {
    const plainDataObj = { openAIApiKey: canary, empty: null };
    const answer = await ask('POST', '/credentials', { id, name: 'OpenAI', credentialName: 'openAIApi', plainDataObj });
    expect(answer).toEqual({ status: 200, body: row });
    expect(asked).toEqual([['create', { name: 'OpenAI', type: 'openAIApi', fields: { openAIApiKey: canary } }]]);
    expect(stand.log.text()).not.toContain(canary);
  });

  it('are listed by kind', async () => {
    expect(await ask('GET', '/credentials?credentialName=openAIApi&credentialName=groqApi')).toEqual({
      status: 200,
      body: [row],
    });
    await ask('GET', '/credentials?credentialName=openAIApi');
    await ask('GET', '/credentials');
    const page = { skip: 0, take: 1000 };
    expect(asked).toEqual([
      ['list', { types: ['openAIApi', 'groqApi'], ...page }],
      ['list', { types: ['openAIApi'], ...page }],
      ['list', { types: [], ...page }],
    ]);
  });

  it('show a mark for a password, and keep the field when it comes back', async () => {
    const plainDataObj = { openAIApiKey: blankMark, note: 'seen', count: 3 };
    expect(await ask('GET', `/credentials/${id}`)).toEqual({ status: 200, body: { ...row, plainDataObj } });
    expect(await ask('GET', `/credentials/${id}/reveal`)).toEqual({ status: 200, body: { plainDataObj } });
    const changes = { name: 'New', credentialName: 'openAIApi', plainDataObj };
    expect(await ask('PUT', `/credentials/${id}`, changes)).toEqual({ status: 200, body: row });
    const fields = { note: 'seen', count: 3 };
    expect(asked).toEqual([['update', { credentialId: id, name: 'New', type: 'openAIApi', fields }]]);
  });

  it('that are not there are said so, and deleting them is no failure', async () => {
    const envelope = { statusCode: 404, success: false, message: 'Credential not found' };
    for (const other of [randomUUID(), 'none']) {
      expect(await ask('GET', `/credentials/${other}`)).toEqual({ status: 404, body: envelope });
      expect(await ask('DELETE', `/credentials/${other}`)).toEqual({ status: 200, body: { raw: [], affected: 0 } });
    }
    expect(await ask('DELETE', `/credentials/${id}`)).toEqual({ status: 200, body: { raw: [], affected: 1 } });
  });

  it.each([
    ['POST', '/credentials', { credentialName: 'openAIApi' }, 'body.name'],
    ['POST', '/credentials', { name: 'a', credentialName: 'no kind' }, 'body.credentialName'],
    ['POST', '/credentials', { name: 'a', credentialName: 'openAIApi', plainDataObj: [canary] }, 'body.plainDataObj'],
    ['PUT', `/credentials/${id}`, { plainDataObj: { key: { nested: canary } } }, 'body.plainDataObj.key'],
  ])('refuse what %s %s does not take, naming the field', async (method, path, body, field) => {
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining(field) as unknown } });
    expect(JSON.stringify(answer)).not.toContain(canary);
    expect(asked).toEqual([]);
  });

  it('come in kinds', async () => {
    const openAi = {
      label: 'OpenAI API',
      name: 'openAIApi',
      version: 1,
      inputs: [{ label: 'OpenAI API key', name: 'openAIApiKey', type: 'password' }],
    };
    const { body: all } = await ask('GET', '/components-credentials');
    expect(all).toContainEqual(openAi);
    expect(await ask('GET', '/components-credentials/openAIApi')).toEqual({ status: 200, body: openAi });
    const two = await ask('GET', '/components-credentials/openAIApi&amp;ollamaApi');
    expect(two.body).toMatchObject([openAi, { name: 'ollamaApi', inputs: [{ optional: true }] }]);
    expect((await ask('GET', '/components-credentials/nothing')).status).toBe(404);
    expect((await ask('GET', '/components-credentials-icon/openAIApi')).body).toMatch(/^<svg /);
    expect((await ask('GET', '/components-credentials-icon/nothing')).status).toBe(404);
  });
});
