import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import {
  acceptInvitation,
  type Caller,
  createInvitation,
  createUser,
  createWorkspace,
  deleteInvitation,
  listInvitations,
  listMembers,
  listWorkspaces,
  principal,
  principalRights,
  principalsChanged,
  removeMember,
  signIn,
  switchWorkspace,
  updateMember,
  updateWorkspace,
  type WorkspaceRole,
  workspaceRoles,
} from '@flowkeep/contracts';
import { describeOnDialects, openTestDatabase, settle, type TestDatabase, TestClock } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { MembershipEntity } from './workspace.entity.ts';

const password = 'the right password';
const nowhere = '0198c0de-0000-7000-8000-000000000000';

await describeOnDialects('workspaces', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: Bus;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let ada: Caller;
  let team: string;
  let news: unknown[];

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    bus = stand.gateway;
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    ada = await signedIn('ada');
    team = (await bus.call(createWorkspace, { name: 'Team' }, { caller: ada })).workspace.id;
    ada = await inWorkspace(ada, team);
    for (const username of ['Bob', 'Eve']) {
      await bus.call(createUser, { username, password, active: true }, { caller: ada });
    }
    news = [];
    bus.on(principalsChanged, ({ principals }) => news.push(...principals));
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const facts = (userId: string) => bus.call(principal, { userId }, systemContext);

  async function signedIn(username: string): Promise<Caller> {
    const request = { username, password, address: '127.0.0.1', userAgent: '' };
    const { userId, sessionId } = await bus.call(signIn, request, systemContext);
    const { defaultWorkspaceId } = await facts(userId);
    return inWorkspace(
      { userId, sessionId, username, workspaceId: defaultWorkspaceId, rights: [] },
      defaultWorkspaceId,
    );
  }

  /** The caller as the gateway would see it now, in that workspace. */
  async function inWorkspace(caller: Caller, workspaceId: string): Promise<Caller> {
    return { ...caller, workspaceId, rights: [...principalRights(await facts(caller.userId), workspaceId)] };
  }

  async function member(username: string, role: WorkspaceRole): Promise<Caller> {
    const caller = await signedIn(username);
    const { token } = await bus.call(createInvitation, { role }, { caller: ada });
    await bus.call(acceptInvitation, { token }, { caller });
    return inWorkspace(caller, team);
  }

  const withoutSession = ({ userId, username, workspaceId, rights }: Caller): Caller => ({
    userId,
    username,
    workspaceId,
    rights,
  });
  const roles = async () => {
    const { members } = await bus.call(listMembers, {}, { caller: ada });
    return Object.fromEntries(members.map(({ username, role }) => [username, role]));
  };
  const setRole = (caller: Caller, userId: string, role: WorkspaceRole) =>
    bus.call(updateMember, { userId, role }, { caller });
  const remove = (caller: Caller, userId: string) => bus.call(removeMember, { userId }, { caller });
  const update = (caller: Caller, request: { workspaceId: string; name?: string; archived?: boolean }) =>
    bus.call(updateWorkspace, request, { caller });
  const audited = async (prefix: string) => {
    const events = await test.database.read((em) => em.find(AuditEventEntity, {}, { orderBy: { sequence: 'asc' } }));
    return events.filter(({ action }) => action.startsWith(prefix)).map(({ action }) => action);
  };

  it('are listed for their members, and all of them for whoever manages users', async () => {
    const bob = await signedIn('bob');
    const names = async (caller: Caller, all = false) => {
      const { workspaces } = await bus.call(listWorkspaces, { all }, { caller });
      return workspaces.map(({ name, role, personal, members }) => [name, role, personal, members]);
    };
    expect(await names(bob)).toEqual([["Bob's workspace", 'owner', true, 1]]);
    expect(await names(ada)).toEqual([
      ["Ada's workspace", 'owner', true, 1],
      ['Team', 'owner', false, 1],
    ]);
    expect(await names(ada, true)).toContainEqual(["Bob's workspace", null, true, 1]);
    await expect(names(bob, true)).rejects.toMatchObject({ code: 'insufficient_permission' });
    await expect(bus.call(createWorkspace, { name: 'Mine' }, { caller: bob })).rejects.toMatchObject({
      code: 'insufficient_permission',
    });
  });

  describe('that are archived', () => {
    it('give nobody a role until they come back', async () => {
      const bob = await member('bob', 'editor');
      news.length = 0;
      const { changed } = await update(ada, { workspaceId: team, archived: true });
      expect(changed.map(({ userId }) => userId).sort()).toEqual([ada.userId, bob.userId].sort());
      await settle();
      expect(news).toEqual(expect.arrayContaining(changed));
      expect((await facts(bob.userId)).memberships.map(({ workspaceId }) => workspaceId)).not.toContain(team);
      await expect(bus.call(switchWorkspace, { workspaceId: team }, { caller: bob })).rejects.toMatchObject({
        code: 'workspace_not_found',
      });
      await update(await inWorkspace(ada, team), { workspaceId: team, archived: false });
      expect((await facts(bob.userId)).memberships).toContainEqual({ workspaceId: team, role: 'editor' });
      expect(await audited('workspace.')).toEqual(['workspace.created', 'workspace.archived', 'workspace.restored']);
    });

    it('are never somebody’s own', async () => {
      const { defaultWorkspaceId: workspaceId } = await facts(ada.userId);
      await expect(update(ada, { workspaceId, archived: true })).rejects.toMatchObject({ code: 'personal_workspace' });
    });
  });

  it('are changed by their owners alone, and do not exist for strangers', async () => {
    const bob = await member('bob', 'admin');
    const eve = await signedIn('eve');
    await expect(update(bob, { workspaceId: team, name: 'x' })).rejects.toMatchObject({
      code: 'insufficient_permission',
    });
    for (const workspaceId of [team, nowhere]) {
      await expect(update(eve, { workspaceId, name: 'x' })).rejects.toMatchObject({ code: 'workspace_not_found' });
    }
    await setRole(ada, bob.userId, 'owner');
    const { workspace } = await update(await inWorkspace(bob, team), { workspaceId: team, name: 'The team' });
    expect(workspace).toMatchObject({ name: 'The team', role: 'owner', members: 2 });
  });

  it('are what a session is switched to, and no key', async () => {
    const caller = { ...ada, workspaceId: (await facts(ada.userId)).defaultWorkspaceId };
    await bus.call(switchWorkspace, { workspaceId: team }, { caller });
    expect((await facts(ada.userId)).sessions).toEqual([{ id: ada.sessionId, workspaceId: team }]);
    for (const workspaceId of [nowhere, (await signedIn('bob')).workspaceId]) {
      await expect(bus.call(switchWorkspace, { workspaceId }, { caller })).rejects.toMatchObject({
        code: 'workspace_not_found',
      });
    }
    const key = withoutSession(caller);
    await expect(bus.call(switchWorkspace, { workspaceId: team }, { caller: key })).rejects.toMatchObject({
      code: 'session_required',
    });
  });

  describe('members', () => {
    it.each(workspaceRoles.flatMap((own) => workspaceRoles.map((role) => [own, role] as const)))(
      'that are %s may make others %s only when they manage members, and not above themselves',
      async (own, role) => {
        const bob = await member('bob', own);
        const eve = await member('eve', 'viewer');
        const allowed = ['owner', 'admin'].includes(own) && workspaceRoles.indexOf(own) <= workspaceRoles.indexOf(role);
        const outcome = setRole(bob, eve.userId, role);
        if (allowed) expect((await outcome).member).toMatchObject({ username: 'Eve', role });
        else await expect(outcome).rejects.toMatchObject({ code: 'insufficient_permission' });
        expect((await roles())['Eve']).toBe(allowed ? role : 'viewer');
      },
    );

    it('below an owner can not make an owner less, or take one out', async () => {
      const bob = await member('bob', 'admin');
      await expect(setRole(bob, ada.userId, 'viewer')).rejects.toMatchObject({ code: 'insufficient_permission' });
      await expect(remove(bob, ada.userId)).rejects.toMatchObject({ code: 'insufficient_permission' });
    });

    it('always have an owner among them, even when two make each other less at once', async () => {
      await expect(setRole(ada, ada.userId, 'editor')).rejects.toMatchObject({ code: 'last_owner' });
      await expect(remove(ada, ada.userId)).rejects.toMatchObject({ code: 'last_owner' });
      const bob = await member('bob', 'owner');
      const outcomes = await Promise.allSettled([remove(ada, bob.userId), remove(bob, ada.userId)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const owners = await test.database.read((em) => em.count(MembershipEntity, { workspaceId: team, role: 'owner' }));
      expect(owners).toBe(1);
    });

    it('leave by themselves, and their sessions leave with them', async () => {
      const bob = await member('bob', 'viewer');
      await bus.call(switchWorkspace, { workspaceId: team }, { caller: bob });
      const key = withoutSession(bob);
      await expect(remove(key, bob.userId)).rejects.toMatchObject({ code: 'insufficient_permission' });
      await remove(bob, bob.userId);
      expect((await facts(bob.userId)).sessions).toMatchObject([{ workspaceId: null }]);
      expect(await roles()).toEqual({ Ada: 'owner' });
    });

    it('stay in what is their own', async () => {
      const bob = await signedIn('bob');
      await expect(remove(bob, bob.userId)).rejects.toMatchObject({ code: 'personal_workspace' });
      await expect(remove(ada, nowhere)).rejects.toMatchObject({ code: 'member_not_found' });
      await expect(setRole(ada, nowhere, 'viewer')).rejects.toMatchObject({ code: 'member_not_found' });
    });
  });

  describe('invitations', () => {
    const accept = (caller: Caller, token: string) => bus.call(acceptInvitation, { token }, { caller });
    const gone = { code: 'invitation_not_found' };

    it('let one person in, once', async () => {
      const { token, invitation } = await bus.call(createInvitation, { role: 'runner' }, { caller: ada });
      expect(token).toMatch(/^fki_[0-9A-Za-z]{43}$/);
      expect(await bus.call(listInvitations, {}, { caller: ada })).toEqual({ invitations: [invitation] });
      const people = [await signedIn('bob'), await signedIn('eve')];
      const outcomes = await Promise.allSettled(people.map((caller) => accept(caller, token)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: gone }]);
      expect(Object.values(await roles()).sort()).toEqual(['owner', 'runner']);
      expect(await bus.call(listInvitations, {}, { caller: ada })).toEqual({ invitations: [] });
    });

    it('end after their time, when they are taken back, and with the power of whoever made them', async () => {
      const bob = await member('bob', 'admin');
      const eve = await signedIn('eve');
      const make = async (caller: Caller) => bus.call(createInvitation, { role: 'admin' }, { caller });
      const late = await bus.call(createInvitation, { role: 'admin', expiresInSeconds: 60 }, { caller: ada });
      await clock.advance(60_000);
      await expect(accept(eve, late.token)).rejects.toMatchObject(gone);
      const takenBack = await make(ada);
      await bus.call(deleteInvitation, { invitationId: takenBack.invitation.id }, { caller: ada });
      await expect(accept(eve, takenBack.token)).rejects.toMatchObject(gone);
      const powerless = await make(bob);
      await setRole(ada, bob.userId, 'editor');
      await expect(accept(eve, powerless.token)).rejects.toMatchObject(gone);
      await expect(accept(eve, 'fki_nothing')).rejects.toMatchObject(gone);
      expect((await roles())['Eve']).toBeUndefined();
    });

    it('never make anybody less', async () => {
      const { token } = await bus.call(createInvitation, { role: 'viewer' }, { caller: ada });
      expect(await accept(ada, token)).toMatchObject({ role: 'owner' });
    });

    it('are not for keys, and not above the role of whoever makes them', async () => {
      const { token } = await bus.call(createInvitation, { role: 'viewer' }, { caller: ada });
      const key = withoutSession(await signedIn('bob'));
      await expect(accept(key, token)).rejects.toMatchObject({ code: 'session_required' });
      const bob = await member('bob', 'admin');
      await expect(bus.call(createInvitation, { role: 'owner' }, { caller: bob })).rejects.toMatchObject({
        code: 'insufficient_permission',
      });
      await expect(bus.call(deleteInvitation, { invitationId: nowhere }, { caller: bob })).rejects.toMatchObject(gone);
    });
  });
});
