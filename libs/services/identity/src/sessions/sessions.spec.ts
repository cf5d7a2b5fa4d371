import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import { type Caller, principal, principalsChanged, refresh, signIn, signOut } from '@flowkeep/contracts';
import { generateRefreshToken } from '@flowkeep/crypto';
import { openDatabase, query } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, settle, type TestDatabase, TestClock } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { sessionMs, startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { UserEntity } from '../users/user.entity.ts';
import { RefreshTokenEntity } from './refresh-token.entity.ts';
import { SessionEntity } from './session.entity.ts';

const password = 'the right password';
const address = '192.0.2.7';
const dayMs = 86_400_000;

await describeOnDialects('sessions', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: Bus;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let news: { userId: string; revision: number }[];
  const vault = new Map<string, string>();

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock, vault);
    bus = stand.gateway;
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    news = [];
    bus.on(principalsChanged, ({ principals }) => news.push(...principals));
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const open = () => bus.call(signIn, { username: 'ada', password, address, userAgent: 'test' }, systemContext);
  const next = (refreshToken: string, over = bus) => over.call(refresh, { refreshToken, address }, systemContext);
  const leave = (refreshToken: string | null, caller: Caller | null = null) =>
    bus.call(signOut, { refreshToken }, { caller });
  const invalid = { code: 'refresh_token_invalid', message: 'Invalid refresh token' };
  const tokens = () => test.database.read((em) => em.findAll(RefreshTokenEntity));
  const graces = async () => (await tokens()).filter(({ successorSecret }) => successorSecret != null).length;
  const audited = (action: string) => test.database.read((em) => em.find(AuditEventEntity, { action }));

  async function live(userId: string): Promise<string[]> {
    const { sessions } = await bus.call(principal, { userId }, systemContext);
    return sessions.map(({ id }) => id);
  }

  it('start with a refresh token that brings the next pair', async () => {
    const opened = await open();
    expect(opened.refreshToken).toMatch(/^fkr_[0-9A-Za-z]{43}$/);
    expect(opened.refreshExpiresAt).toBe(clock.now() + sessionMs);
    await clock.advance(60_000);
    const pair = await next(opened.refreshToken);
    const { userId, sessionId } = opened;
    expect(pair).toMatchObject({ userId, sessionId, expiresAt: clock.now() + 600_000 });
    expect(pair.refreshExpiresAt).toBe(clock.now() + sessionMs);
    expect(pair.refreshToken).not.toBe(opened.refreshToken);
    expect(pair.accessToken).not.toBe(opened.accessToken);
    await expect(next(pair.refreshToken)).resolves.toMatchObject({ sessionId });
    expect(await live(userId)).toEqual([sessionId]);
  });

  it.each(['', 'fkr_', 'x', `fkr_${'a'.repeat(43)}`, `fk_${'a'.repeat(43)}`, "fkr_' or 1=1 --"])(
    'are not refreshed by %j',
    async (token) => {
      await expect(next(token)).rejects.toMatchObject({
        code: token === '' ? 'invalid_request' : 'refresh_token_invalid',
      });
      await open();
    },
  );

  describe('a used token', () => {
    it('is answered with the same successor for 10 s', async () => {
      const { refreshToken } = await open();
      const first = await next(refreshToken);
      await clock.advance(9_999);
      expect((await next(refreshToken)).refreshToken).toBe(first.refreshToken);
      await expect(next(first.refreshToken)).resolves.toBeDefined();
    });

    it('ends the session from the tenth second on', async () => {
      // Off the beat of the sweep, which would wipe the secret in the same instant.
      await clock.advance(3_000);
      const { refreshToken, userId, sessionId } = await open();
      const { refreshToken: current } = await next(refreshToken);
      await clock.advance(10_000);
      await expect(next(refreshToken)).rejects.toMatchObject(invalid);
      await expect(next(current)).rejects.toMatchObject(invalid);
      expect(await live(userId)).toEqual([]);
      await settle();
      expect(news).toEqual([
        { userId, revision: 2 },
        { userId, revision: 3 },
      ]);
      const event = { actorId: userId, subjectId: sessionId, service: 'identity', details: { address } };
      expect(await audited('session.reuse-detected')).toMatchObject([event]);
      expect(await tokens()).toEqual([]);
    });

    it('ends the session at once when its successor was used', async () => {
      const { refreshToken, userId } = await open();
      await next((await next(refreshToken)).refreshToken);
      await expect(next(refreshToken)).rejects.toMatchObject(invalid);
      expect(await live(userId)).toEqual([]);
    });

    it('ends its own session and no other', async () => {
      const [stolen, other] = [await open(), await open()];
      await next(stolen.refreshToken);
      await clock.advance(10_000);
      await expect(next(stolen.refreshToken)).rejects.toMatchObject(invalid);
      expect(await live(stolen.userId)).toEqual([other.sessionId]);
      await expect(next(other.refreshToken)).resolves.toBeDefined();
    });

    it('leaves no secret of its successor behind', async () => {
      const { refreshToken } = await open();
      const { refreshToken: second } = await next(refreshToken);
      expect(await graces()).toBe(1);
      await next(second);
      expect(await graces()).toBe(1);
      await clock.advance(20_000);
      await stand.stop();
      expect(await graces()).toBe(0);
      stand = await startIdentityStand(test.database, clock, vault);
    });
  });

  it.each([1, 2])('answer many refreshes at once with one successor, over %i instances', async (instances) => {
    const { refreshToken, userId } = await open();
    const second = await openDatabase(identityDatabase, test.options);
    const other = await startIdentityStand(second, clock, vault);
    const ends = instances === 1 ? [bus] : [bus, other.gateway];
    // Twice before, so that every instance has its signing key and the calls meet in the database.
    const known = await next((await next(refreshToken, other.gateway)).refreshToken);
    const pairs = await Promise.all(
      Array.from({ length: 8 }, (_, index) => next(known.refreshToken, ends[index % ends.length])),
    );
    expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
    expect(await live(userId)).toHaveLength(1);
    await expect(next(pairs[0]?.refreshToken as string)).resolves.toBeDefined();
    await other.stop();
    await second.close();
  });

  it('give each of many sign-ins at once a revision of its own', async () => {
    const opened = await Promise.all(Array.from({ length: 4 }, open));
    expect(opened.map(({ revision }) => revision).toSorted((left, right) => left - right)).toEqual([2, 3, 4, 5]);
  });

  it('last from their last use', async () => {
    const opened = await open();
    await clock.advance(sessionMs - 1);
    const { refreshToken } = await next(opened.refreshToken);
    await clock.advance(sessionMs - 1);
    expect(await live(opened.userId)).toEqual([opened.sessionId]);
    await clock.advance(1);
    expect(await live(opened.userId)).toEqual([]);
    await expect(next(refreshToken)).rejects.toMatchObject(invalid);
  });

  it('never last longer than 90 days, and leave no tokens behind', async () => {
    const { refreshToken, userId, sessionId } = await open();
    const openedAt = clock.now();
    // As a session that has been refreshed all the time is on its last day.
    const almostMs = 90 * dayMs - sessionMs / 2;
    const later = new TestClock(openedAt + almostMs);
    await test.database.transaction(async (em) => {
      await em.nativeUpdate(SessionEntity, { id: sessionId }, { expiresAt: openedAt + almostMs + 1 });
    });
    const last = await startIdentityStand(test.database, later, vault);
    const pair = await next(refreshToken, last.gateway);
    expect(pair.refreshExpiresAt).toBe(openedAt + 90 * dayMs);
    await later.advance(sessionMs / 2);
    await expect(next(pair.refreshToken, last.gateway)).rejects.toMatchObject(invalid);
    expect((await last.gateway.call(principal, { userId }, systemContext)).sessions).toEqual([]);
    while ((await tokens()).length > 0) await later.advance(10_000);
    await last.stop();
  });

  describe('are ended', () => {
    it('by their refresh token', async () => {
      const [mine, other] = [await open(), await open()];
      const { userId, sessionId } = mine;
      expect(await leave(mine.refreshToken)).toEqual({ ended: { userId, sessionId, revision: 4 } });
      await expect(next(mine.refreshToken)).rejects.toMatchObject(invalid);
      expect(await live(userId)).toEqual([other.sessionId]);
      await settle();
      expect(news.at(-1)).toEqual({ userId, revision: 4 });
      expect(await audited('session.ended')).toMatchObject([{ actorId: userId, subjectId: sessionId }]);
    });

    it('by a refresh token that was used already', async () => {
      const { refreshToken, userId } = await open();
      await next(refreshToken);
      await leave(refreshToken);
      expect(await live(userId)).toEqual([]);
    });

    it('by the caller whose session it is', async () => {
      const { userId, sessionId } = await open();
      const caller = { userId, username: 'Ada', workspaceId: userId, sessionId, rights: [] };
      expect((await leave(null, caller)).ended).toMatchObject({ sessionId });
      expect(await live(userId)).toEqual([]);
    });

    it('once', async () => {
      const { refreshToken, userId, sessionId } = await open();
      const caller = { userId, username: 'Ada', workspaceId: userId, sessionId, rights: [] };
      await leave(refreshToken);
      for (const token of [refreshToken, null]) expect(await leave(token, caller)).toEqual({ ended: null });
      expect(await audited('session.ended')).toHaveLength(1);
    });

    it('by nobody who has neither token nor session', async () => {
      const { userId } = await open();
      expect(await leave(null)).toEqual({ ended: null });
      expect(await leave(generateRefreshToken())).toEqual({ ended: null });
      expect(await live(userId)).toHaveLength(1);
    });
  });

  it('are not refreshed for an inactive user, and wait for the user to be active again', async () => {
    const { refreshToken } = await open();
    const setActive = (active: boolean) =>
      test.database.transaction(async (em) => {
        await em.nativeUpdate(UserEntity, { usernameKey: 'ada' }, { active });
      });
    await setActive(false);
    await expect(next(refreshToken)).rejects.toMatchObject({ code: 'user_inactive' });
    await setActive(true);
    await expect(next(refreshToken)).resolves.toBeDefined();
  });

  it('end for a used token although the user is inactive', async () => {
    const { refreshToken } = await open();
    await next(refreshToken);
    await clock.advance(10_000);
    await test.database.transaction(async (em) => {
      await em.nativeUpdate(UserEntity, { usernameKey: 'ada' }, { active: false });
    });
    await expect(next(refreshToken)).rejects.toMatchObject(invalid);
    expect(await audited('session.reuse-detected')).toHaveLength(1);
  });

  it('leave no refresh token in the database or the log', async () => {
    const { refreshToken } = await open();
    const { refreshToken: second } = await next(refreshToken);
    const { refreshToken: third } = await next(second);
    await expect(next(refreshToken)).rejects.toMatchObject(invalid);
    const { refreshToken: another } = await open();
    const { rows } = await test.database.read((em) =>
      query<{ name: string }>(
        em,
        dialect === 'sqlite'
          ? "select name from sqlite_master where type = 'table'"
          : 'select table_name as name from information_schema.tables where table_schema = current_schema',
      ),
    );
    expect(rows.map(({ name }) => name)).toContain('refresh_token');
    const kept = [stand.log.text()];
    for (const { name } of rows) {
      kept.push(JSON.stringify((await test.database.read((em) => query(em, `select * from ${name}`))).rows));
    }
    for (const token of [refreshToken, second, third, another]) expect(kept.join('\n')).not.toContain(token.slice(4));
  });
});
