import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import { principal, refresh, signIn } from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, StubBus, TestClock, type TestDatabase } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { AuditKeys } from '../audit/audit-keys.ts';
import { AuditService } from '../audit/audit.service.ts';
import { OwnEvents } from '../audit/own-events.ts';
import { verifyAudit } from '../audit/audit-verification.ts';
import { identityDatabase } from '../database.ts';
import { answerAsVault, startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { UserEntity } from '../users/user.entity.ts';
import { OperatorAccounts } from './operator-accounts.ts';

const password = 'the first password';
const another = 'quite another one';
const address = '192.0.2.7';

await describeOnDialects("an operator's command", (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let bus: Bus;
  let audit: AuditService;
  let accounts: OperatorAccounts;
  let changed: string[];

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    const vault = new Map<string, string>();
    stand = await startIdentityStand(test.database, clock, vault);
    bus = stand.gateway;
    // What a command has: the same database and vault, and no server to talk to.
    const { database } = test;
    const own = new StubBus('identity');
    answerAsVault(own, vault);
    audit = new AuditService(database, new AuditKeys(database, own));
    const [ids, hasher] = [new UuidV7(clock), new PasswordHasher()];
    const events = new OwnEvents(audit, ids, clock);
    const bootstrap = new Bootstrap(database, ids, hasher, events, clock);
    changed = [];
    const passwordChanged = (username: string) => changed.push(username);
    accounts = new OperatorAccounts({ database, events, bootstrap, hasher, clock, passwordChanged });
    await bootstrap.createSuperuser({ username: 'Ada', password, generated: false });
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const open = (given: string, username = 'ada') =>
    bus.call(signIn, { username, password: given, address, userAgent: 'test' }, systemContext);
  const user = (usernameKey: string) => test.database.read((em) => em.findOneOrFail(UserEntity, { usernameKey }));
  const facts = (userId: string) => bus.call(principal, { userId }, systemContext);
  const set = (changes: object) =>
    test.database.transaction((em) => em.nativeUpdate(UserEntity, { usernameKey: 'ada' }, changes));

  async function lastEvent() {
    expect(await verifyAudit(test.database, await audit.ready())).toMatchObject({ whole: true });
    const [last] = await test.database.read((em) =>
      em.find(AuditEventEntity, { actorId: null }, { orderBy: { sequence: 'desc' }, limit: 1 }),
    );
    return { action: last?.action, subjectId: last?.subjectId, details: last?.details };
  }

  it('makes a superuser who can sign in', async () => {
    expect(await accounts.exists('Grace')).toBe(false);
    expect(await accounts.makeSuperuser('Grace', another)).toBe('created');
    expect(await accounts.exists(' grace ')).toBe(true);
    const { userId } = await open(another, 'grace');
    expect(await facts(userId)).toMatchObject({ superuser: true, active: true, username: 'Grace' });
    expect(await lastEvent()).toMatchObject({ action: 'user.bootstrapped', subjectId: userId });
  });

  it('promotes and activates a user, who stays signed in and keeps the password', async () => {
    const { userId, sessionId } = await open(password);
    await set({ superuser: false, active: false });
    const { revision } = await facts(userId);
    expect(await accounts.makeSuperuser('ADA', null)).toBe('promoted');
    expect(await facts(userId)).toMatchObject({
      superuser: true,
      active: true,
      sessions: [{ id: sessionId, workspaceId: null }],
      revision: revision + 1,
    });
    await open(password);
    expect(await lastEvent()).toEqual({ action: 'user.promoted', subjectId: userId, details: { endedSessions: 0 } });
    expect(changed).toEqual([]);
  });

  it('promotes with a new password, and ends what was opened with the old one', async () => {
    const { userId } = await open(password);
    await set({ superuser: false, mustChangePassword: true });
    expect(await accounts.makeSuperuser('ada', another)).toBe('promoted');
    expect((await facts(userId)).sessions).toEqual([]);
    expect(await user('ada')).toMatchObject({ superuser: true, mustChangePassword: false });
    await expect(open(password)).rejects.toMatchObject({ code: 'sign_in_failed' });
    await open(another);
    expect(changed).toEqual(['Ada']);
  });

  it('resets a password that is to be replaced, and ends all sessions', async () => {
    const [first, second] = [await open(password), await open(password)];
    const { userId } = first;
    const { revision } = await facts(userId);
    expect(await accounts.resetPassword('ada', another)).toBe(2);
    expect(await facts(userId)).toMatchObject({ sessions: [], revision: revision + 1 });
    expect(await user('ada')).toMatchObject({ mustChangePassword: true, active: true });
    for (const { refreshToken } of [first, second]) {
      const refreshed = bus.call(refresh, { refreshToken, address }, systemContext);
      await expect(refreshed).rejects.toMatchObject({ code: 'refresh_token_invalid' });
    }
    await expect(open(password)).rejects.toMatchObject({ code: 'sign_in_failed' });
    await open(another);
    const details = { endedSessions: 2 };
    expect(await lastEvent()).toEqual({ action: 'user.password-reset', subjectId: userId, details });
    expect(changed).toEqual(['Ada']);
  });

  it('ends sessions and nothing else', async () => {
    const { userId } = await open(password);
    const { revision } = await facts(userId);
    expect(await accounts.endSessions('ada')).toBe(1);
    expect(await facts(userId)).toMatchObject({ sessions: [], revision: revision + 1 });
    await open(password);
    const details = { endedSessions: 1 };
    expect(await lastEvent()).toEqual({ action: 'user.sessions-ended', subjectId: userId, details });
  });

  it('about nobody changes nothing', async () => {
    const events = await test.database.read((em) => em.count(AuditEventEntity));
    for (const act of [
      () => accounts.endSessions('eve'),
      () => accounts.resetPassword('eve', another),
      () => accounts.makeSuperuser('eve', null),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'user_not_found' });
    }
    expect(await test.database.read((em) => em.count(AuditEventEntity))).toBe(events);
    expect(await accounts.exists('eve')).toBe(false);
  });
});
