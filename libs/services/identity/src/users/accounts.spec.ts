import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import {
  type Caller,
  createUser,
  getUser,
  listUsers,
  noRights,
  principal,
  refresh,
  type RequestInput,
  resetPassword,
  signIn,
  superuserPermissions,
  toRights,
  updateUser,
} from '@flowkeep/contracts';
import { query } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from './bootstrap.ts';
import { UserEntity } from './user.entity.ts';

const password = 'the right password';

await describeOnDialects('accounts', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: Bus;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let ada: Caller;

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    bus = stand.gateway;
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    ada = await callerOf('ada', superuserPermissions);
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const open = (username: string, secret = password) =>
    bus.call(signIn, { username, password: secret, address: '127.0.0.1', userAgent: '' }, systemContext);

  async function callerOf(username: string, permissions: Parameters<typeof toRights>[0] = []): Promise<Caller> {
    const { userId, sessionId } = await open(username);
    const { defaultWorkspaceId: workspaceId } = await bus.call(principal, { userId }, systemContext);
    return { userId, sessionId, username, workspaceId, rights: [...toRights(permissions)] };
  }

  const byKey = ({ userId, username, workspaceId, rights }: Caller): Caller => ({
    userId,
    username,
    workspaceId,
    rights,
  });
  const create = (request: Partial<RequestInput<typeof createUser>> = {}) =>
    bus.call(createUser, { username: 'Bob', password, active: true, ...request }, { caller: ada });
  const change = (caller: Caller, request: RequestInput<typeof updateUser>) =>
    bus.call(updateUser, request, { caller });
  const facts = (userId: string) => bus.call(principal, { userId }, systemContext);
  const actions = async () => {
    const events = await test.database.read((em) => em.find(AuditEventEntity, {}, { orderBy: { sequence: 'asc' } }));
    return events.map(({ action }) => action).filter((action) => action.startsWith('user.'));
  };

  it('come with a workspace of their own, inactive unless it is said', async () => {
    const bob = await create({ email: 'Bob@Example.org' });
    expect(bob).toMatchObject({ username: 'Bob', email: 'Bob@Example.org', active: true, superuser: false });
    const { defaultWorkspaceId, memberships } = await facts(bob.id);
    expect(memberships).toEqual([{ workspaceId: defaultWorkspaceId, role: 'owner' }]);
    expect((await open('bob@example.org')).userId).toBe(bob.id);
    const { active } = await bus.call(createUser, { username: 'Eve', password }, { caller: ada });
    expect(active).toBe(false);
    expect(await actions()).toEqual(['user.bootstrapped', 'user.created', 'user.created']);
  });

  it.each([
    [{ username: ' aDA ' }, 'username_taken'],
    [{ username: 'new', email: 'ADA@example.org' }, 'email_taken'],
    [{ username: 'ada@example.org' }, 'username_taken'],
    [{ username: 'new', email: 'x@example.org', password: 'short' }, 'invalid_request'],
    [{ username: 'new', email: 'not an address' }, 'invalid_request'],
    [{ username: '   ' }, 'invalid_request'],
  ])('are not made from %j', async (request, code) => {
    await change(ada, { userId: ada.userId, email: 'ada@example.org' });
    await expect(create(request)).rejects.toMatchObject({ code });
    expect(await test.database.read((em) => em.count(UserEntity))).toBe(1);
  });

  it('share no name, however many ask for it at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => create({ username: index % 2 ? 'bob' : 'BOB' })),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused).toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ code: 'username_taken' })));
  });

  it('are listed by name, and found by how it begins', async () => {
    await create({ username: 'Bob', email: 'z@example.org' });
    await create({ username: 'bo%x' });
    const list = async (request: RequestInput<typeof listUsers>) => {
      const { total, users } = await bus.call(listUsers, request, { caller: ada });
      return [total, ...users.map(({ username }) => username)];
    };
    expect(await list({})).toEqual([3, 'Ada', 'bo%x', 'Bob']);
    expect(await list({ skip: 1, take: 1 })).toEqual([3, 'bo%x']);
    expect(await list({ search: 'BO' })).toEqual([2, 'bo%x', 'Bob']);
    expect(await list({ search: 'bo%' })).toEqual([1, 'bo%x']);
    expect(await list({ search: 'Z@' })).toEqual([1, 'Bob']);
  });

  describe('of others', () => {
    it.each([{ username: 'x' }, { active: false }, { superuser: true }, { email: null }])(
      'are nothing to whoever does not manage users: %j',
      async (changes) => {
        await create();
        const bob = await callerOf('bob');
        for (const userId of [ada.userId, '0198c0de-0000-7000-8000-000000000000']) {
          await expect(change(bob, { userId, ...changes })).rejects.toMatchObject({
            code: 'insufficient_permission',
            message: 'Permission denied',
          });
        }
        await expect(bus.call(listUsers, {}, { caller: bob })).rejects.toMatchObject({
          code: 'insufficient_permission',
        });
        await expect(bus.call(getUser, { userId: bob.userId }, { caller: bob })).rejects.toMatchObject({
          code: 'insufficient_permission',
        });
      },
    );
  });

  it('let their person change what is theirs alone, signed in', async () => {
    await create();
    const bob = await callerOf('bob');
    const { userId } = bob;
    const mine = { username: 'Robert', profileImage: 'Space/1.svg', optins: { dialog_dismissed: true } };
    expect((await change(bob, { userId, ...mine })).user).toMatchObject(mine);
    expect((await change(bob, { userId, optins: { github_starred: true } })).user.optins).toEqual({
      dialog_dismissed: true,
      github_starred: true,
    });
    await expect(change(bob, { userId, active: false })).rejects.toMatchObject({ code: 'insufficient_permission' });
    await expect(change(bob, { userId, superuser: true })).rejects.toMatchObject({ code: 'insufficient_permission' });
    await expect(change(byKey(bob), { userId, username: 'x' })).rejects.toMatchObject({
      code: 'insufficient_permission',
    });
    await open('robert');
  });

  it('that are deactivated have no session left, and none when they come back', async () => {
    const { id: userId } = await create();
    const session = await open('bob');
    const { revision } = await change(ada, { userId, active: false });
    expect(await facts(userId)).toMatchObject({ active: false, sessions: [], revision });
    const again = { refreshToken: session.refreshToken, address: '127.0.0.1' };
    await expect(bus.call(refresh, again, systemContext)).rejects.toMatchObject({ code: 'refresh_token_invalid' });
    await change(ada, { userId, active: true });
    expect(await facts(userId)).toMatchObject({ active: true, sessions: [] });
    expect((await actions()).slice(-2)).toEqual(['user.deactivated', 'user.activated']);
  });

  it.each([
    ['a superuser takes their own powers away', { superuser: false }, "You can't take your own powers away"],
    ['somebody deactivates themselves', { active: false }, "You can't deactivate your own user account"],
  ])('stay as they are when %s', async (_what, changes, message) => {
    await create({ superuser: true });
    await expect(change(ada, { userId: ada.userId, ...changes })).rejects.toMatchObject({ message });
  });

  it('never lose the last superuser, not even when two remove each other at once', async () => {
    await create({ superuser: true });
    const bob = await callerOf('bob', superuserPermissions);
    const outcomes = await test.database.transaction(async (em) => {
      // Both come as far as the audit log, which somebody else holds.
      await query(em, 'update audit_head set sequence = sequence');
      const both = Promise.allSettled([
        change(ada, { userId: bob.userId, superuser: false }),
        change(bob, { userId: ada.userId, active: false }),
      ]);
      await pause(100);
      return () => both;
    });
    expect((await outcomes()).filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'last_superuser' } },
    ]);
    expect(await test.database.read((em) => em.count(UserEntity, { superuser: true, active: true }))).toBe(1);
  });

  describe('whose password is reset', () => {
    it('lose their sessions and are asked for a new one', async () => {
      const { id: userId } = await create();
      await open('bob');
      await bus.call(resetPassword, { userId, password: 'another password' }, { caller: ada });
      expect((await facts(userId)).sessions).toEqual([]);
      await expect(open('bob')).rejects.toMatchObject({ code: 'sign_in_failed' });
      await open('bob', 'another password');
      expect(await bus.call(getUser, { userId }, { caller: ada })).toMatchObject({ mustChangePassword: true });
    });

    it('are others than the one who resets, and exist', async () => {
      const reset = (userId: string) => bus.call(resetPassword, { userId, password: 'another one' }, { caller: ada });
      await expect(reset(ada.userId)).rejects.toMatchObject({ code: 'own_account' });
      await expect(reset('0198c0de-0000-7000-8000-000000000000')).rejects.toMatchObject({ code: 'user_not_found' });
      const stranger = { ...ada, rights: [...noRights] };
      const asked = { userId: ada.userId, password: 'another one' };
      await expect(bus.call(resetPassword, asked, { caller: stranger })).rejects.toMatchObject({
        code: 'insufficient_permission',
      });
    });
  });
});
