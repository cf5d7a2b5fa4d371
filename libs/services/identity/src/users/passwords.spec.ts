import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import { type Caller, changePassword, noRights, principal, signIn, whoami } from '@flowkeep/contracts';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from './bootstrap.ts';

const password = 'generated-at-first';
const chosen = 'a password of mine';

await describeOnDialects("changing one's own password", (dialect) => {
  let test: TestDatabase;
  let bus: Bus;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;

  beforeEach(async () => {
    const clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock, new Map());
    bus = stand.gateway;
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: true });
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const open = (secret: string) =>
    bus.call(signIn, { username: 'ada', password: secret, address: '127.0.0.1', userAgent: '' }, systemContext);

  async function signedIn(): Promise<Caller> {
    const { userId, sessionId } = await open(password);
    return { userId, sessionId, username: 'Ada', workspaceId: userId, rights: [...noRights] };
  }

  const change = (caller: Caller, currentPassword: string, newPassword: string) =>
    bus.call(changePassword, { currentPassword, newPassword }, { caller });

  it('replaces it, ends the other sessions, and says so in the audit log', async () => {
    const caller = await signedIn();
    await signedIn();
    expect(await bus.call(whoami, {}, { caller })).toMatchObject({ mustChangePassword: true });
    const { revision } = await change(caller, password, chosen);
    expect(await bus.call(principal, { userId: caller.userId }, systemContext)).toMatchObject({
      sessions: [{ id: caller.sessionId, workspaceId: null }],
      revision,
    });
    expect(await bus.call(whoami, {}, { caller })).toMatchObject({ mustChangePassword: false });
    await expect(open(password)).rejects.toMatchObject({ code: 'sign_in_failed' });
    await open(chosen);
    const events = await test.database.read((em) => em.find(AuditEventEntity, { action: 'user.password-changed' }));
    expect(events.map(({ details }) => details)).toEqual([{ endedSessions: 1 }]);
  });

  it.each([
    ['a wrong current password', 'not my password', chosen, 'password_wrong'],
    ['the same password again', password, password, 'password_unchanged'],
    ['a short one', password, 'short', 'invalid_request'],
  ])('refuses %s and changes nothing', async (_what, current, wanted, code) => {
    const caller = await signedIn();
    await expect(change(caller, current, wanted)).rejects.toMatchObject({ code });
    await open(password);
  });

  it('is nothing a key can do', async () => {
    const { userId, username, workspaceId, rights } = await signedIn();
    const caller = { userId, username, workspaceId, rights, keyId: userId };
    await expect(change(caller, password, chosen)).rejects.toMatchObject({ code: 'session_required' });
  });

  it('happens once when two ask at the same time', async () => {
    const caller = await signedIn();
    const both = await Promise.allSettled([
      change(caller, password, 'the first one'),
      change(caller, password, 'the second'),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
