import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import {
  type Caller,
  endSession,
  endUserSessions,
  listSessions,
  listUserSessions,
  principal,
  principalsChanged,
  refresh,
  signIn,
  toRights,
} from '@flowkeep/contracts';
import { describeOnDialects, openTestDatabase, settle, TestClock, type TestDatabase } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { sessionMs, startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { RefreshTokenEntity } from './refresh-token.entity.ts';

const password = 'the right password';
const address = '192.0.2.7';

await describeOnDialects('the list of sessions', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: Bus;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let news: { userId: string; revision: number }[];

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    bus = stand.gateway;
    for (const username of ['Ada', 'Bob']) {
      await stand.app.get(Bootstrap).createSuperuser({ username, password, generated: false });
    }
    news = [];
    bus.on(principalsChanged, ({ principals }) => news.push(...principals));
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const open = (username = 'ada', userAgent = 'test') =>
    bus.call(signIn, { username, password, address, userAgent }, systemContext);
  type Opened = Awaited<ReturnType<typeof open>>;

  /** Who the gateway says is asking. */
  function callerOf({ userId, sessionId }: Opened): Caller {
    return { userId, username: 'ada', workspaceId: userId, sessionId, rights: [...toRights([])] };
  }
  const byKey = ({ userId }: Opened): Caller => ({
    userId,
    username: 'ada',
    workspaceId: userId,
    keyId: randomUUID(),
    rights: [...toRights(['sessions:manage'])],
  });
  const administrator = (opened: Opened): Caller => ({
    ...callerOf(opened),
    rights: [...toRights(['sessions:manage'])],
  });
  const list = (caller: Caller) => bus.call(listSessions, {}, { caller });
  const end = (caller: Caller, sessionId: string) => bus.call(endSession, { sessionId }, { caller });
  const live = async ({ userId }: Opened) =>
    (await bus.call(principal, { userId }, systemContext)).sessions.map(({ id }) => id);
  const next = (refreshToken: string) => bus.call(refresh, { refreshToken, address }, systemContext);
  const audited = (action: string) => test.database.read((em) => em.find(AuditEventEntity, { action }));
  const tokens = () => test.database.read((em) => em.findAll(RefreshTokenEntity));

  it('has the living ones of its owner, newest first, and says which one asks', async () => {
    const first = await open('ada', 'Firefox');
    await clock.advance(60_000);
    const second = await open();
    const [ended] = [await open(), await open('bob')];
    await end(callerOf(second), ended.sessionId);
    await next(first.refreshToken);
    expect(await list(callerOf(first))).toEqual({
      sessions: [
        {
          id: second.sessionId,
          createdAt: clock.now(),
          lastUsedAt: clock.now(),
          expiresAt: clock.now() + sessionMs,
          address,
          userAgent: 'test',
          current: false,
        },
        {
          id: first.sessionId,
          createdAt: clock.now() - 60_000,
          lastUsedAt: clock.now(),
          expiresAt: clock.now() + sessionMs,
          address,
          userAgent: 'Firefox',
          current: true,
        },
      ],
    });
    await clock.advance(sessionMs);
    expect(await list(callerOf(first))).toEqual({ sessions: [] });
  });

  it('ends one of them at once and for good, with an event', async () => {
    const [mine, other] = [await open(), await open()];
    await settle();
    news.length = 0;
    const { userId } = mine;
    const reply = await end(callerOf(mine), other.sessionId);
    expect(reply).toEqual({ userId, sessionId: other.sessionId, revision: expect.any(Number) });
    expect(await live(mine)).toEqual([mine.sessionId]);
    await settle();
    expect(news).toEqual([{ userId, revision: reply.revision }]);
    expect((await bus.call(principal, { userId }, systemContext)).revision).toBe(reply.revision);
    await expect(next(other.refreshToken)).rejects.toMatchObject({ code: 'refresh_token_invalid' });
    await expect(next(mine.refreshToken)).resolves.toBeDefined();
    expect(await audited('session.ended')).toMatchObject([
      { actorId: userId, subjectId: other.sessionId, details: {} },
    ]);
    await expect(end(callerOf(mine), other.sessionId)).rejects.toMatchObject({ code: 'session_not_found' });
    expect(await audited('session.ended')).toHaveLength(1);
  });

  it('ends the one that asks', async () => {
    const mine = await open();
    await end(callerOf(mine), mine.sessionId);
    expect(await live(mine)).toEqual([]);
  });

  it('does not tell a foreign session from a missing or an expired one, and ends none', async () => {
    const expired = await open();
    await clock.advance(sessionMs);
    const [mine, foreign] = [await open(), await open('bob')];
    const failures = await Promise.all(
      [foreign.sessionId, expired.sessionId, randomUUID()].map((id) =>
        end(callerOf(mine), id).catch((e: unknown) => e),
      ),
    );
    const bodies = failures.map((failure) => JSON.stringify({ ...(failure as object) }));
    expect(failures[0]).toMatchObject({ code: 'session_not_found', message: 'Session not found' });
    expect(new Set(bodies).size).toBe(1);
    expect(await live(foreign)).toEqual([foreign.sessionId]);
    expect(await audited('session.ended')).toEqual([]);
  });

  it('is nothing a key can read or change', async () => {
    const mine = await open();
    await expect(list(byKey(mine))).rejects.toMatchObject({ code: 'session_required' });
    await expect(end(byKey(mine), mine.sessionId)).rejects.toMatchObject({ code: 'session_required' });
    expect(await live(mine)).toEqual([mine.sessionId]);
  });

  it('of anybody is for administrators', async () => {
    const [mine, bobs] = [await open(), await open('bob')];
    const request = { userId: bobs.userId };
    for (const operation of [listUserSessions, endUserSessions] as const) {
      const refused = bus.call(operation, request, { caller: callerOf(mine) });
      await expect(refused).rejects.toMatchObject({ code: 'insufficient_permission' });
    }
    const caller = administrator(mine);
    const { sessions } = await bus.call(listUserSessions, request, { caller });
    expect(sessions).toMatchObject([{ id: bobs.sessionId, address }]);
    expect(sessions[0]).not.toHaveProperty('current');
    for (const operation of [listUserSessions, endUserSessions] as const) {
      const missing = bus.call(operation, { userId: randomUUID() }, { caller });
      await expect(missing).rejects.toMatchObject({ code: 'user_not_found' });
    }
    expect(await live(bobs)).toEqual([bobs.sessionId]);
  });

  it('of anybody is ended whole, with one event, and with a key too', async () => {
    const mine = await open();
    const expired = await open('bob');
    await clock.advance(sessionMs);
    const bobs = [await open('bob'), await open('bob')];
    await next((bobs[0] as Opened).refreshToken);
    const caller = byKey(mine);
    const { userId } = expired;
    const reply = await bus.call(endUserSessions, { userId }, { caller });
    expect(reply).toEqual({ userId, ended: 2, revision: expect.any(Number) });
    expect(await live(expired)).toEqual([]);
    await settle();
    expect(news).toContainEqual({ userId, revision: reply.revision });
    expect(await audited('user.sessions-ended')).toMatchObject([
      { actorId: mine.userId, keyId: caller.keyId, subjectId: userId, details: { endedSessions: 2 } },
    ]);
    for (const { refreshToken } of bobs) {
      await expect(next(refreshToken)).rejects.toMatchObject({ code: 'refresh_token_invalid' });
    }
    expect((await tokens()).map(({ sessionId }) => sessionId)).toEqual([mine.sessionId]);
    await open('bob');
    expect((await bus.call(endUserSessions, { userId }, { caller })).ended).toBe(1);
  });

  it('ends with a refresh under way in one order or the other', async () => {
    const [mine, bobs] = [await open(), await open('bob')];
    const caller = administrator(mine);
    const [refreshed] = await Promise.allSettled([
      next(bobs.refreshToken),
      bus.call(endUserSessions, { userId: bobs.userId }, { caller }),
    ]);
    expect(await live(bobs)).toEqual([]);
    if (refreshed.status === 'fulfilled') {
      await expect(next(refreshed.value.refreshToken)).rejects.toMatchObject({ code: 'refresh_token_invalid' });
    }
    expect((await tokens()).map(({ sessionId }) => sessionId)).toEqual([mine.sessionId]);
  });
});
