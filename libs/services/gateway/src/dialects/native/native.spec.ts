import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createKey,
  deleteKey,
  deleteVariable,
  DomainError,
  endSession,
  endUserSessions,
  listKeys,
  listSessions,
  type RunFrame,
  runStream,
} from '@flowkeep/contracts';
import { gatewayStand } from '../../gateway.spec-stand.ts';

const id = '0198c0de-0000-7000-8000-000000000000';
const json = { 'content-type': 'application/json' };

describe('the native API', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
  });

  afterEach(() => stand.stop());

  async function ask(method: string, path: string, body?: unknown) {
    const response = await stand.fetch(`/api/flowkeep/v1${path}`, {
      method,
      headers: { 'x-api-key': stand.key, ...(body === undefined ? {} : json) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const type = response.headers.get('content-type')?.split(';', 1)[0];
    return { status: response.status, type, body: await response.json() };
  }

  it('says who the caller is and what the caller may do', async () => {
    expect(await ask('GET', '/session')).toMatchObject({
      status: 200,
      body: { user: { username: 'ada' }, permissions: expect.arrayContaining(['flows:view', 'workspaces:manage']) },
    });
  });

  it('asks an operation with what path, query and body hold', async () => {
    stand.bus.answer(listKeys, ({ skip, take }) => ({ total: skip + take, keys: [], next: null }));
    expect(await ask('GET', '/keys?skip=3&take=7')).toMatchObject({ status: 200, body: { total: 10, keys: [] } });
    stand.bus.answer(createKey, () => {
      throw new DomainError('insufficient_permission');
    });
    expect(await ask('POST', '/keys', { name: 'ci', permissions: ['runs:create'] })).toEqual({
      status: 403,
      type: 'application/problem+json',
      body: expect.objectContaining({ type: 'about:blank', status: 403, code: 'insufficient_permission' }),
    });
  });

  it.each([
    ['POST', '/keys', { name: 'ci', permissions: [], colour: 'red' }, ['body']],
    ['POST', '/keys', { name: 7, permissions: [] }, ['body', 'name']],
    ['GET', '/keys?take=0', undefined, ['query', 'take']],
    ['DELETE', '/keys/none', undefined, ['path', 'keyId']],
  ])('refuses what %s %s does not know, naming it', async (method, path, body, at) => {
    stand.bus.calls.length = 0;
    expect(await ask(method, path, body)).toMatchObject({
      status: 422,
      type: 'application/problem+json',
      body: { code: 'invalid_request', issues: [{ path: at }] },
    });
    expect(stand.bus.calls).not.toContain('keys.create');
  });

  it.each([
    ['', false],
    ['?force=false', false],
    ['?force=true', true],
  ])('deletes a variable that flows take only when told so: %s', async (query, forced) => {
    stand.bus.answer(deleteVariable, ({ variableId, force }) => {
      if (force) return { variableId };
      const issues = [{ path: ['flows', id], code: 'in_use', message: 'Chat' }];
      throw new DomainError('variable_in_use', { message: 'This variable is used by “Chat”.', issues });
    });
    expect(await ask('DELETE', `/variables/${id}${query}`)).toMatchObject(
      forced
        ? { status: 200, body: { variableId: id } }
        : { status: 409, body: { code: 'variable_in_use', title: 'This variable is used by “Chat”.', issues: [{}] } },
    );
    expect(await ask('DELETE', `/variables/${id}?force=1`)).toMatchObject({
      status: 422,
      body: { issues: [{ path: ['query', 'force'] }] },
    });
  });

  it('counts a deleted key as gone before it answers', async () => {
    const { keyId } = stand.keyFacts;
    stand.bus.answer(deleteKey, () => {
      stand.facts.keys.clear();
      return { keyId, revision: 2 };
    });
    expect(await ask('DELETE', `/keys/${keyId}`)).toMatchObject({ status: 200 });
    expect(await ask('GET', '/session')).toMatchObject({ status: 403, body: { code: 'key_invalid' } });
  });

  describe('of sessions', () => {
    const endsAll = () => {
      const { userId } = stand.facts.principal;
      stand.facts.principal = { ...stand.facts.principal, sessions: [], revision: 2 };
      return { userId, revision: 2 };
    };
    const withToken = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${stand.token()}` };
      const { status } = await stand.fetch(`/api/flowkeep/v1${path}`, { method, headers });
      return status;
    };

    it('counts an ended one as gone before it answers', async () => {
      stand.bus.answer(endSession, ({ sessionId }) => ({ ...endsAll(), sessionId }));
      expect(await withToken('GET', '/session')).toBe(200);
      expect(await withToken('DELETE', `/sessions/${id}`)).toBe(200);
      expect(await withToken('GET', '/session')).toBe(401);
    });

    it('counts all of a user as gone before it answers', async () => {
      stand.facts.principal = { ...stand.facts.principal, superuser: true };
      stand.bus.answer(endUserSessions, () => ({ ...endsAll(), ended: 1 }));
      expect(await withToken('GET', '/session')).toBe(200);
      expect(await withToken('DELETE', `/users/${stand.facts.principal.userId}/sessions`)).toBe(200);
      expect(await withToken('GET', '/session')).toBe(401);
    });

    it('is told as problems', async () => {
      stand.bus.answer(endSession, () => {
        throw new DomainError('session_not_found');
      });
      stand.bus.answer(listSessions, () => {
        throw new DomainError('session_required');
      });
      const type = 'application/problem+json';
      const missing = { status: 404, type, body: { code: 'session_not_found', title: 'Session not found' } };
      expect(await ask('DELETE', `/sessions/${id}`)).toMatchObject(missing);
      expect(await ask('GET', '/sessions')).toMatchObject({ status: 403, type, body: { code: 'session_required' } });
      for (const [method, path] of [
        ['GET', `/users/${id}/sessions`],
        ['DELETE', `/users/${id}/sessions`],
        ['GET', '/signing-keys'],
        ['POST', '/signing-keys/rotate'],
      ] as const) {
        expect(await ask(method, path)).toMatchObject({ status: 403, body: { code: 'insufficient_permission' } });
      }
    });
  });

  describe('streams a run', () => {
    const token: RunFrame = { type: 'token', messageId: id, text: 'Hi', at: 0 };

    async function stream(frames: () => AsyncIterable<RunFrame>): Promise<Response> {
      stand.bus.answerStream(runStream, frames);
      return stand.fetch(`/api/flowkeep/v1/flows/echo/runs/stream`, {
        method: 'POST',
        headers: { 'x-api-key': stand.key, ...json },
        body: JSON.stringify({ input: 'Hi' }),
      });
    }

    it('as server-sent events', async () => {
      const response = await stream(async function* () {
        yield token;
      });
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(await response.text()).toBe(`data: ${JSON.stringify(token)}\n\n`);
    });

    it('whose failure on the way is its last event', async () => {
      const response = await stream(async function* () {
        yield token;
        throw new DomainError('provider_timeout');
      });
      const [, last] = (await response.text()).split('\n\n');
      expect(last).toMatch(/^event: problem\ndata: \{.*"code":"provider_timeout"/);
    });

    it('that can not begin with an ordinary error', async () => {
      const response = await stream(async function* () {
        throw new DomainError('flow_not_found');
        yield token;
      });
      expect(response.status).toBe(404);
    });
  });
});
