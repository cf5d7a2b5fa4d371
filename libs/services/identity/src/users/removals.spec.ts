import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import {
  type Caller,
  createUser,
  deleteUser,
  DomainError,
  dropOwner,
  dropWorkspace,
  principal,
  releaseOwner,
  type RequestInput,
  signIn,
  superuserPermissions,
  toRights,
} from '@flowkeep/contracts';
import { describeOnDialects, openTestDatabase, settle, type TestDatabase, TestClock } from '@flowkeep/testing';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { MembershipEntity, WorkspaceEntity } from '../workspaces/workspace.entity.ts';
import { Bootstrap } from './bootstrap.ts';
import { DepartureEntity } from './departure.entity.ts';
import { Departures } from './departures.ts';
import { UserEntity } from './user.entity.ts';

const password = 'the right password';

await describeOnDialects('a deleted user', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: Bus;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let ada: Caller;
  let bob: { id: string; workspaceId: string };
  let told: unknown[];

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    bus = stand.gateway;
    told = [];
    stand.stub.answer(dropOwner, (request) => {
      told.push(['keys', request]);
      return { deleted: 0 };
    });
    let parts = 2;
    stand.stub.answer(releaseOwner, (request) => {
      told.push(['runner', request]);
      return { done: --parts === 0 };
    });
    stand.stub.answer(dropWorkspace, (request) => {
      told.push(['vault', request]);
      return request;
    });
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    const { userId, sessionId } = await open('ada');
    const { defaultWorkspaceId: workspaceId } = await facts(userId);
    ada = { userId, sessionId, username: 'Ada', workspaceId, rights: [...toRights(superuserPermissions)] };
    const { id } = await bus.call(createUser, { username: 'Bob', password, active: true }, { caller: ada });
    bob = { id, workspaceId: (await facts(id)).defaultWorkspaceId };
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const open = (username: string) =>
    bus.call(signIn, { username, password, address: '127.0.0.1', userAgent: '' }, systemContext);
  const facts = (userId: string) => bus.call(principal, { userId }, systemContext);
  const remove = (request: RequestInput<typeof deleteUser>) => bus.call(deleteUser, request, { caller: ada });
  const departures = () => test.database.read((em) => em.count(DepartureEntity));

  async function settled(): Promise<void> {
    for (let turn = 0; turn < 50 && (await departures()) > 0; turn++) await settle();
    expect(await departures()).toBe(0);
  }

  it('leaves flows and the workspace they need to the heir', async () => {
    await open('bob');
    await remove({ userId: bob.id, flows: 'transfer' });
    await expect(facts(bob.id)).rejects.toMatchObject({ code: 'user_not_found' });
    await expect(open('bob')).rejects.toMatchObject({ code: 'sign_in_failed' });
    expect((await facts(ada.userId)).memberships).toContainEqual({ workspaceId: bob.workspaceId, role: 'owner' });
    await settled();
    const released = { userId: bob.id, heirId: ada.userId, endedWorkspaceIds: [] };
    expect(told).toEqual([
      ['keys', { userId: bob.id }],
      ['runner', released],
      ['runner', released],
    ]);
  });

  it('takes flows and workspaces along when that is asked for, but none that others use', async () => {
    const shared = '0198c0de-0000-7000-8000-000000000001';
    const { id: eve } = await bus.call(createUser, { username: 'Eve', password, active: true }, { caller: ada });
    await test.database.transaction(async (em) => {
      const createdAt = clock.now();
      await em.insert(WorkspaceEntity, { id: shared, name: 'Shared', ownerId: bob.id, createdAt, archivedAt: null });
      await em.insert(MembershipEntity, { workspaceId: shared, userId: bob.id, role: 'owner' });
      await em.insert(MembershipEntity, { workspaceId: shared, userId: eve, role: 'editor' });
    });
    await remove({ userId: bob.id, flows: 'delete' });
    await settled();
    expect(told).toEqual([
      ['keys', { userId: bob.id }],
      ['runner', { userId: bob.id, heirId: null, endedWorkspaceIds: [bob.workspaceId] }],
      ['runner', { userId: bob.id, heirId: null, endedWorkspaceIds: [bob.workspaceId] }],
      ['vault', { workspaceId: bob.workspaceId }],
    ]);
    expect((await facts(ada.userId)).memberships).toContainEqual({ workspaceId: shared, role: 'owner' });
    expect((await facts(eve)).memberships).toContainEqual({ workspaceId: shared, role: 'editor' });
    const ended = await test.database.read((em) => em.count(WorkspaceEntity, { id: bob.workspaceId }));
    expect(ended).toBe(0);
  });

  it('is forgotten by a service that was away as soon as it is back', async () => {
    stand.stub.answer(dropOwner, () => {
      throw new DomainError('unavailable');
    });
    await remove({ userId: bob.id, flows: 'delete' });
    await settle();
    expect(await departures()).toBe(1);
    stand.stub.answer(dropOwner, () => ({ deleted: 0 }));
    await clock.advance(60_000);
    await settled();
    expect(stand.log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);
  });

  it('is forgotten after a restart, too', async () => {
    await test.database.transaction((em) =>
      em.insert(DepartureEntity, { userId: bob.id, heirId: null, endedWorkspaceIds: [], departedAt: 1 }),
    );
    await clock.advance(60_000);
    await settled();
    expect(told).toHaveLength(3);
    await stand.app.get(Departures).onModuleDestroy();
  });

  it('is somebody else, there, and not the last superuser; the heir is there and active', async () => {
    const nobody = '0198c0de-0000-7000-8000-000000000000';
    const { id: idle } = await bus.call(createUser, { username: 'Idle', password, active: false }, { caller: ada });
    const refused = [
      [{ userId: ada.userId }, 'own_account'],
      [{ userId: nobody }, 'user_not_found'],
      [{ userId: bob.id, heirId: nobody }, 'heir_not_found'],
      [{ userId: bob.id, heirId: idle }, 'heir_not_found'],
      [{ userId: bob.id, heirId: bob.id }, 'heir_not_found'],
    ] as const;
    for (const [request, code] of refused) {
      await expect(remove({ ...request, flows: 'transfer' })).rejects.toMatchObject({ code });
    }
    expect(await test.database.read((em) => em.count(UserEntity))).toBe(3);
    expect(await departures()).toBe(0);
    // Somebody who was a superuser when the request came in, and has been demoted since.
    const demoted = { ...ada, userId: bob.id };
    await expect(
      bus.call(deleteUser, { userId: ada.userId, flows: 'transfer' }, { caller: demoted }),
    ).rejects.toMatchObject({ code: 'last_superuser' });
  });
});
