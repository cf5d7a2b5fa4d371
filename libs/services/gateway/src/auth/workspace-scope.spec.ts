import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gatewayStand } from '../gateway.spec-stand.ts';
import { organizationId } from './workspace-scope.ts';

const other = randomUUID();
const foreign = randomUUID();

describe('the workspace of a request', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;
  let own: string;

  beforeEach(async () => {
    stand = await gatewayStand();
    const { principal } = stand.facts;
    own = principal.defaultWorkspaceId;
    const memberships = [...principal.memberships, { workspaceId: other, role: 'viewer' as const }];
    stand.facts.principal = { ...principal, memberships };
  });

  afterEach(() => stand.stop());

  async function ask(headers: Record<string, string>, credential: Record<string, string>) {
    const response = await stand.get('/api/flowkeep/v1/session', { ...headers, ...credential });
    const body = (await response.json()) as { workspaceId?: string; permissions?: string[]; issues?: unknown };
    return { status: response.status, ...body };
  }

  const bySession = (headers: Record<string, string> = {}) =>
    ask(headers, { authorization: `Bearer ${stand.token()}` });
  const byKey = (headers: Record<string, string> = {}) => ask(headers, { 'x-api-key': stand.key });

  it('is the person’s own, or the one the session was switched to', async () => {
    expect(await bySession()).toMatchObject({ workspaceId: own });
    const { principal } = stand.facts;
    const [session] = principal.sessions;
    stand.facts.principal = {
      ...principal,
      sessions: [{ id: session?.id as string, workspaceId: other }],
      revision: 2,
    };
    await stand.clock.advance(5_000);
    const switched = await bySession();
    expect(switched).toMatchObject({ workspaceId: other });
    expect(switched.permissions).not.toContain('flows:create');
  });

  it('is the own one again when the person does not belong to the other any more', async () => {
    const { principal } = stand.facts;
    const [session] = principal.sessions;
    stand.facts.principal = { ...principal, sessions: [{ id: session?.id as string, workspaceId: foreign }] };
    expect(await bySession()).toMatchObject({ workspaceId: own });
  });

  it.each([
    [{ 'tenant-id': other }, other],
    [{ 'business-id': other }, other],
    [{ 'tenant-id': other, 'business-id': other, 'is-self': 'false' }, other],
    [{ 'tenant-id': other.toUpperCase() }, other],
    [{ 'tenant-id': organizationId, 'business-id': other }, other],
    [{ 'tenant-id': organizationId }, null],
    [{ 'tenant-id': '', 'is-self': 'True' }, null],
  ])('of a session is the one of %j', async (headers, expected) => {
    expect(await bySession(headers as Record<string, string>)).toMatchObject({
      status: 200,
      workspaceId: expected ?? own,
    });
  });

  it('is refused like a missing one when the caller is no member', async () => {
    for (const ask of [bySession, byKey]) {
      for (const header of ['tenant-id', 'business-id']) {
        expect(await ask({ [header]: foreign })).toMatchObject({ status: 404, code: 'workspace_not_found' });
      }
    }
  });

  it('of a key is the key’s, whatever else its holder belongs to', async () => {
    expect(await byKey({ 'tenant-id': own })).toMatchObject({ status: 200, workspaceId: own });
    expect(await byKey({ 'tenant-id': other })).toMatchObject({ status: 404, code: 'workspace_not_found' });
  });

  it('has no key of somebody who left it', async () => {
    const { principal } = stand.facts;
    stand.facts.principal = { ...principal, memberships: [{ workspaceId: other, role: 'owner' }] };
    expect(await byKey()).toMatchObject({ status: 403, code: 'key_invalid' });
  });

  it.each([
    [{ 'tenant-id': 'one' }, 'tenant-id'],
    [{ 'business-id': '1; drop' }, 'business-id'],
    [{ 'tenant-id': other, 'business-id': foreign }, 'business-id'],
    [{ 'is-self': 'perhaps' }, 'is-self'],
  ])('is not guessed from %j', async (headers, header) => {
    expect(await bySession(headers as Record<string, string>)).toMatchObject({
      status: 422,
      issues: [{ path: ['header', header] }],
    });
  });
});
