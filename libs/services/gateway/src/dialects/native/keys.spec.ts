import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CredentialFacts, DomainError, getFlow, reportKey, rotateKey, updateKey } from '@flowkeep/contracts';
import { generateKey, hashKey } from '@flowkeep/crypto';
import { gatewayStand, sampleKey } from '../../gateway.spec-stand.ts';

const json = { 'content-type': 'application/json' };
const now = Date.UTC(2026, 0, 1);

describe('keys in the native API', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
  });

  afterEach(() => stand.stop());

  async function ask(method: string, path: string, body?: unknown) {
    const response = await stand.fetch(`/api/flowkeep/v1/keys${path}`, {
      method,
      headers: { 'x-api-key': stand.key, ...(body === undefined ? {} : json) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** A second key of the same holder. */
  function issue(changes: Partial<CredentialFacts> = {}): string {
    const key = generateKey();
    stand.facts.keys.set(hashKey(key), { ...stand.keyFacts, keyId: randomUUID(), ...changes });
    return key;
  }

  it('says of a key that it counts, and until when', async () => {
    const key = issue({ expiresAt: now + 9_000, secret: 'previous', secretValidUntil: now + 5_000 });
    const { keyId, ownerId } = stand.facts.keys.get(hashKey(key)) as CredentialFacts;
    expect(await ask('POST', '/verify', { key })).toEqual({
      status: 200,
      body: {
        valid: true,
        verdict: null,
        key: { id: keyId, ownerId, secret: 'previous', validUntil: now + 5_000 },
      },
    });
    expect(JSON.stringify(stand.log)).not.toContain(key.slice(8));
  });

  it.each([
    ['disabled', { enabled: false }, {}],
    ['expired', { expiresAt: now }, {}],
    ['expired', { secret: 'previous', secretValidUntil: now }, {}],
    ['not_yet_valid', { notBefore: now + 1 }, {}],
    ['forbidden_address', { addresses: ['10.0.0.0/8'] }, { address: '11.0.0.1' }],
    ['insufficient_permission', { permissions: ['flows:view'] }, { permission: 'predictions:create' }],
    ['insufficient_permission', {}, { permission: 'assistants:view' }],
    ['insufficient_permission', { scope: { flowIds: [randomUUID()], projectIds: [] } }, { flowId: randomUUID() }],
  ] as [string, Partial<CredentialFacts>, object][])(
    'says of a key that it is %s',
    async (verdict, facts, question) => {
      const key = issue(facts);
      expect(await ask('POST', '/verify', { key, ...question })).toMatchObject({ body: { valid: false, verdict } });
    },
  );

  it('says that what a key may, it may', async () => {
    const flowId = randomUUID();
    const key = issue({
      addresses: ['10.0.0.0/8'],
      permissions: ['runs:create'],
      scope: { flowIds: [flowId], projectIds: [] },
    });
    const question = { key, flowId, permission: 'predictions:create', address: '::ffff:10.0.0.1' };
    expect(await ask('POST', '/verify', question)).toMatchObject({ body: { valid: true } });
  });

  it('asks for the project of a flow when only that tells', async () => {
    const [flowId, projectId] = [randomUUID(), randomUUID()];
    const key = issue({ scope: { flowIds: [], projectIds: [projectId] } });
    const { workspaceId } = stand.keyFacts;
    let project = projectId;
    const flow = {
      ...({ dialect: 'langflow', name: 'a flow', description: null, endpointName: null, access: 'private' } as const),
      ...{ component: false, webhook: false, version: 1, createdAt: now, updatedAt: now, document: {} },
    };
    const ownerId = randomUUID();
    stand.bus.answer(getFlow, () => ({ ...flow, id: flowId, ownerId, workspaceId, projectId: project }));
    expect(await ask('POST', '/verify', { key, flowId })).toMatchObject({ body: { valid: true } });
    project = randomUUID();
    expect(await ask('POST', '/verify', { key, flowId })).toMatchObject({ body: { valid: false } });
    stand.bus.answer(getFlow, () => {
      throw new DomainError('flow_not_found');
    });
    expect(await ask('POST', '/verify', { key, flowId })).toMatchObject({ body: { valid: false } });
  });

  it('tells nothing of keys that are not of the workspace', async () => {
    const none = { status: 200, body: { valid: false, verdict: 'not_found', key: null } };
    expect(await ask('POST', '/verify', { key: issue({ workspaceId: randomUUID() }) })).toEqual(none);
    expect(await ask('POST', '/verify', { key: generateKey() })).toEqual(none);
    expect(await ask('POST', '/verify', { key: 'fk_nonsense' })).toEqual(none);
  });

  it('says that a key is disabled when its holder is', async () => {
    const key = issue({ ownerId: randomUUID() });
    expect(await ask('POST', '/verify', { key })).toMatchObject({ body: { verdict: 'disabled' } });
  });

  it('refuses what it does not know, without saying the key', async () => {
    const { status, body } = await ask('POST', '/verify', { key: 7, permission: 'no:such', address: 'here' });
    expect(status).toBe(422);
    expect((body as { issues: { path: unknown[] }[] }).issues.map(({ path }) => path[1])).toEqual([
      'key',
      'permission',
      'address',
    ]);
  });

  it('disables a reported key at once, and says nothing about it', async () => {
    stand.facts.principal = { ...stand.facts.principal, superuser: true };
    const key = issue();
    const { keyId } = stand.facts.keys.get(hashKey(key)) as CredentialFacts;
    await stand.get('/api/v1/users/whoami', { 'x-api-key': key });
    const hashes: string[] = [];
    stand.bus.answer(reportKey, ({ hash }) => {
      hashes.push(hash);
      stand.facts.keys.delete(hash);
      return { disabled: { keyId, revision: 2 } };
    });
    expect(await ask('POST', '/report', { key })).toEqual({ status: 200, body: { accepted: true } });
    expect(hashes).toEqual([hashKey(key)]);
    expect((await stand.get('/api/v1/users/whoami', { 'x-api-key': key })).status).toBe(403);
    stand.bus.answer(reportKey, () => ({ disabled: null }));
    expect(await ask('POST', '/report', { key })).toEqual({ status: 200, body: { accepted: true } });
  });

  it('takes reports of superusers alone', async () => {
    expect(await ask('POST', '/report', { key: generateKey() })).toMatchObject({ status: 403 });
  });

  it.each(['a change', 'a rotation'])('counts %s before it answers', async (what) => {
    const { keyId } = stand.keyFacts;
    await stand.get('/api/v1/users/whoami', { 'x-api-key': stand.key });
    const change = () => {
      stand.facts.keys.set(hashKey(stand.key), { ...stand.keyFacts, enabled: false, revision: 2 });
      return sampleKey({ id: keyId, revision: 2 });
    };
    stand.bus.answer(updateKey, change);
    stand.bus.answer(rotateKey, () => ({ key: change(), secret: 'fk_' }));
    const done = what === 'a change' ? await ask('PATCH', `/${keyId}`, {}) : await ask('POST', `/${keyId}/rotate`, {});
    expect(done.status).toBe(200);
    const response = await stand.get('/api/flowkeep/v1/session', { 'x-api-key': stand.key });
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'key_disabled' }]);
  });
});
