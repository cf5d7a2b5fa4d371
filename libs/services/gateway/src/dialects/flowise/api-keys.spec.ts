import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApiKey, createKey, deleteKeys, DomainError, listKeys, updateKey } from '@flowkeep/contracts';
import { generateKey, hashKey } from '@flowkeep/crypto';
import { gatewayStand, sampleKey } from '../../gateway.spec-stand.ts';

const json = { 'content-type': 'application/json' };

describe("Flowise's API keys", () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
  });

  afterEach(() => stand.stop());

  async function ask(method: string, path: string, body?: unknown, authorization = `Bearer ${stand.key}`) {
    const response = await stand.fetch(`/api/v1${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : json) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  const rowOf = (key: ApiKey, shown: string) => ({
    id: key.id,
    apiKey: shown,
    apiSecret: shown,
    keyName: key.name,
    permissions: key.permissions,
    workspaceId: key.workspaceId,
    updatedDate: '2026-01-01T00:00:00.000Z',
    chatFlows: [],
  });

  it('are made with a name and permissions, and shown once', async () => {
    const secret = generateKey();
    const permissions = ['predictions:create', 'chatflows:view', 'datasets:view'];
    const key = sampleKey({ name: 'client', permissions });
    const asked: unknown[] = [];
    stand.bus.answer(createKey, (request) => {
      asked.push(request);
      return { key, secret };
    });
    const answer = await ask('POST', '/apikey', { keyName: ' client ', permissions, id: randomUUID(), expiresAt: 1 });
    expect(answer).toEqual({ status: 200, body: rowOf(key, secret) });
    expect(asked).toMatchObject([{ name: 'client', permissions, expiresAt: null }]);
  });

  it.each([
    [412, {}],
    [412, { permissions: ['chatflows:view'] }],
    [412, { keyName: 7, permissions: ['chatflows:view'] }],
    [412, { keyName: ' ', permissions: ['chatflows:view'] }],
    [412, { keyName: 'a' }],
    [412, { keyName: 'a', permissions: [] }],
    [412, { keyName: 'a', permissions: 'chatflows:view' }],
    [412, { keyName: 'a', permissions: [7] }],
    [400, { keyName: 'a', permissions: ['chatflows:view', 'workspace:view'] }],
    [400, { keyName: 'a', permissions: ['admin:everything'] }],
    [400, { keyName: 'a', permissions: ['no:such'] }],
    [400, { keyName: 'a', permissions: ['*'] }],
    [400, { keyName: 'a'.repeat(256), permissions: ['chatflows:view'] }],
    [400, { keyName: 'a', permissions: Array.from({ length: 201 }, () => 'chatflows:view') }],
  ])('are refused with %s for %j, asking nobody', async (status, body) => {
    for (const [method, path] of [
      ['POST', '/apikey'],
      ['PUT', `/apikey/${randomUUID()}`],
    ] as const) {
      const answer = await ask(method, path, body);
      expect(answer).toEqual({ status, body: { statusCode: status, success: false, message: expect.any(String) } });
    }
    expect(stand.bus.calls).not.toContain('keys.create');
    expect(stand.bus.calls).not.toContain('keys.update');
  });

  it('are refused with 400 to whoever has not got as much', async () => {
    const refuse = () => {
      throw new DomainError('insufficient_permission');
    };
    stand.bus.answer(createKey, refuse);
    stand.bus.answer(updateKey, refuse);
    const body = { keyName: 'a', permissions: ['chatflows:delete'] };
    expect((await ask('POST', '/apikey', body)).status).toBe(400);
    expect((await ask('PUT', `/apikey/${randomUUID()}`, body)).status).toBe(400);
  });

  it('are listed without the keys, whole or by pages', async () => {
    const keys = Array.from({ length: 3 }, () => sampleKey());
    stand.bus.answer(listKeys, ({ after, skip, take }) => {
      if (take < 1000) return { total: 3, keys: keys.slice(skip, skip + take), next: null };
      return after === undefined
        ? { total: 3, keys: keys.slice(0, 2), next: `1_${keys[1]?.id}` }
        : { total: 3, keys: keys.slice(2), next: null };
    });
    const rows = keys.map((key) => rowOf(key, 'fk_AbCdE********wXyZ'));
    expect(await ask('GET', '/apikey')).toEqual({ status: 200, body: rows });
    expect(await ask('GET', '/apikey?page=0&limit=0')).toEqual({ status: 200, body: rows });
    expect(await ask('GET', '/apikey?page=2&limit=2')).toEqual({
      status: 200,
      body: { total: 3, data: rows.slice(2) },
    });
    for (const query of ['page=-1', 'limit=-5', 'page=x&limit=1']) {
      expect((await ask('GET', `/apikey?${query}`)).status).toBe(412);
    }
  });

  it('are changed, if there are any', async () => {
    const key = sampleKey({ name: 'new', permissions: ['chatflows:view'] });
    const asked: unknown[] = [];
    stand.bus.answer(updateKey, (request) => {
      asked.push(request);
      return key;
    });
    const body = { keyName: 'new', permissions: ['chatflows:view'], workspaceId: randomUUID() };
    const answer = await ask('PUT', `/apikey/${key.id}`, body);
    expect(answer).toEqual({ status: 200, body: rowOf(key, 'fk_AbCdE********wXyZ') });
    expect(asked).toEqual([{ keyId: key.id, name: 'new', permissions: ['chatflows:view'] }]);
    stand.bus.answer(updateKey, () => {
      throw new DomainError('key_not_found');
    });
    expect((await ask('PUT', `/apikey/${randomUUID()}`, body)).status).toBe(404);
    expect((await ask('PUT', '/apikey/none', body)).status).toBe(404);
  });

  it('are deleted at once, and nothing is no failure', async () => {
    const { keyId } = stand.keyFacts;
    stand.bus.answer(deleteKeys, ({ keyIds }) => {
      if (keyIds[0] !== keyId) return { deleted: [] };
      stand.facts.keys.clear();
      return { deleted: [{ keyId, revision: 2 }] };
    });
    expect(await ask('DELETE', `/apikey/${randomUUID()}`)).toEqual({ status: 200, body: { raw: [], affected: 0 } });
    expect(await ask('DELETE', '/apikey/none')).toEqual({ status: 200, body: { raw: [], affected: 0 } });
    expect(await ask('DELETE', `/apikey/${keyId}`)).toEqual({ status: 200, body: { raw: [], affected: 1 } });
    expect((await ask('GET', '/apikey')).status).toBe(401);
  });

  describe('are verified by anybody', () => {
    it('without leaving a trace of the key', async () => {
      const response = await stand.fetch(`/api/v1/verify/apikey/${stand.key}`);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect([response.status, await response.text()]).toEqual([200, '"OK"']);
      expect(JSON.stringify(stand.log)).not.toContain(stand.key.slice(8));
      expect(stand.uses).toEqual([]);
    });

    it('with 401 for every key that does not count', async () => {
      const refusal = { statusCode: 401, success: false, message: 'Unauthorized', error: 'Unauthorized' };
      const unknown = generateKey();
      expect(await ask('GET', `/verify/apikey/${unknown}`)).toEqual({ status: 401, body: refusal });
      expect(await ask('GET', '/verify/apikey/fk_wrong')).toEqual({ status: 401, body: refusal });
      stand.facts.keys.set(hashKey(unknown), { ...stand.keyFacts, keyId: randomUUID(), addresses: ['192.0.2.1'] });
      await stand.clock.advance(5_000);
      expect(await ask('GET', `/verify/apikey/${unknown}`)).toEqual({ status: 401, body: refusal });
      expect((await ask('GET', '/verify/apikey')).status).toBe(412);
      stand.facts.principal = { ...stand.facts.principal, active: false };
      await stand.clock.advance(5_000);
      expect((await ask('GET', `/verify/apikey/${stand.key}`)).status).toBe(401);
    });
  });

  it('say of credentials what Flowise says', async () => {
    const unauthorized = {
      statusCode: 401,
      success: false,
      message: 'Unauthorized Access',
      error: 'Unauthorized Access',
    };
    const response = await stand.fetch('/api/v1/apikey');
    expect([response.status, await response.json()]).toEqual([401, unauthorized]);
    expect(await ask('GET', '/apikey', undefined, generateKey())).toEqual({ status: 401, body: unauthorized });
    stand.facts.keys.set(hashKey(stand.key), { ...stand.keyFacts, permissions: ['chatflows:view'] });
    expect(await ask('GET', '/apikey')).toMatchObject({ status: 403, body: { message: 'Forbidden' } });
  });

  it('have a catalogue of permissions', async () => {
    const { body: forKeys } = (await ask('GET', '/auth/permissions/API_KEY')) as { body: Record<string, unknown[]> };
    expect(Object.keys(forKeys)).not.toEqual(expect.arrayContaining(['workspace']));
    expect(forKeys['admin']).toBeUndefined();
    expect(forKeys['chatflows']).toHaveLength(9);
    expect(forKeys['chatflows']?.[0]).toEqual({
      ...{ key: 'chatflows:config', value: 'Config', isOpenSource: true, isEnterprise: true, isCloud: true },
    });
    const { body: forRoles } = (await ask('GET', '/auth/permissions/ROLE')) as { body: Record<string, unknown[]> };
    expect(forRoles['admin']).toHaveLength(3);
    expect(forRoles['workspace']).toHaveLength(8);
    expect((await ask('GET', '/auth/permissions/OTHER')).status).toBe(400);
  });
});
