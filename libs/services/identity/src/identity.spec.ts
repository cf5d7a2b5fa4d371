import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createPublicKey, createVerify } from 'node:crypto';
import { type Bus, systemContext } from '@flowkeep/bus';
import {
  appendAudit,
  type AuditEvent,
  jwks,
  principal,
  principalsChanged,
  readSystemSecret,
  signIn,
  whoami,
} from '@flowkeep/contracts';
import { UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, settle, type TestDatabase, TestClock } from '@flowkeep/testing';
import { AuditEventEntity } from './audit/audit-event.entity.ts';
import { identityDatabase } from './database.ts';
import { startIdentityStand } from './identity.spec-stand.ts';
import { SessionEntity } from './sessions/session.entity.ts';
import { Bootstrap } from './users/bootstrap.ts';
import { UserEntity } from './users/user.entity.ts';

const password = 'the right password';
const client = { address: '127.0.0.1', userAgent: 'test' };

await describeOnDialects('identity', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: Bus;
  let vault: Map<string, string>;
  let instance: Awaited<ReturnType<typeof startIdentityStand>>;

  beforeEach(async () => {
    clock = new TestClock();
    vault = new Map();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    instance = await startIdentityStand(test.database, clock, vault);
    bus = instance.gateway;
    await instance.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
  });

  afterEach(async () => {
    await instance.stop();
    await test.close();
  });

  const user = () => test.database.read((em) => em.findOneOrFail(UserEntity, { usernameKey: 'ada' }));

  it('signs in whoever knows the password, whatever the case of the name', async () => {
    const news: unknown[] = [];
    bus.on(principalsChanged, (payload) => news.push(payload));
    const reply = await bus.call(signIn, { username: ' aDa', password, ...client }, systemContext);
    const { id } = await user();
    expect(reply).toMatchObject({ userId: id, expiresAt: clock.now() + 600_000, revision: 2 });
    await settle();
    expect(news).toEqual([{ principals: [{ userId: id, revision: 2 }] }]);
    const [header, payload, signature] = reply.accessToken.split('.') as [string, string, string];
    const { keys } = await bus.call(jwks, {}, systemContext);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'ES256', kid: keys[0]?.kid });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ sub: id, type: 'access' });
    const key = createPublicKey({ key: { ...keys[0] }, format: 'jwk' });
    const valid = createVerify('sha256')
      .update(`${header}.${payload}`)
      .verify({ key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    expect(valid).toBe(true);
  });

  it.each([
    ['a wrong password', { username: 'ada', password: 'the wrong password' }],
    ['an unknown user', { username: 'nobody', password }],
  ])('refuses %s with the same words and opens no session', async (_name, asked) => {
    await expect(bus.call(signIn, { ...asked, ...client }, systemContext)).rejects.toMatchObject({
      code: 'sign_in_failed',
      message: 'Incorrect username or password',
    });
    expect(await test.database.read((em) => em.count(SessionEntity))).toBe(0);
  });

  it('tells an inactive user so, but only with the right password', async () => {
    await test.database.transaction(async (em) => {
      await em.nativeUpdate(UserEntity, { usernameKey: 'ada' }, { active: false });
    });
    const attempt = (secret: string) =>
      bus.call(signIn, { username: 'ada', password: secret, ...client }, systemContext);
    await expect(attempt('the wrong password')).rejects.toMatchObject({ code: 'sign_in_failed' });
    await expect(attempt(password)).rejects.toMatchObject({ code: 'approval_pending' });
  });

  it('knows the facts about a user, ended and expired sessions not among them', async () => {
    const first = await bus.call(signIn, { username: 'ada', password, ...client }, systemContext);
    const second = await bus.call(signIn, { username: 'ada', password, ...client }, systemContext);
    await test.database.transaction(async (em) => {
      await em.nativeUpdate(SessionEntity, { id: first.sessionId }, { endedAt: clock.now() });
    });
    const facts = () => bus.call(principal, { userId: first.userId }, systemContext);
    const { defaultWorkspaceId } = await user();
    expect(await facts()).toEqual({
      userId: first.userId,
      username: 'Ada',
      active: true,
      superuser: true,
      defaultWorkspaceId,
      memberships: [{ workspaceId: defaultWorkspaceId, role: 'owner' }],
      sessions: [{ id: second.sessionId, workspaceId: null }],
      revision: 3,
    });
    await clock.advance(3_600_000);
    expect((await facts()).sessions).toEqual([]);
  });

  it('knows no other users', async () => {
    const unknown = { userId: '0191d6c0-0000-7000-8000-000000000000' };
    await expect(bus.call(principal, unknown, systemContext)).rejects.toMatchObject({ code: 'user_not_found' });
  });

  it('shows the caller his own account without its hash', async () => {
    const { id, defaultWorkspaceId } = await user();
    const caller = { userId: id, username: 'Ada', workspaceId: defaultWorkspaceId, rights: [] };
    const account = await bus.call(whoami, {}, { caller });
    expect(account).toMatchObject({ id, username: 'Ada', active: true, superuser: true, lastLoginAt: null });
    expect(JSON.stringify([account, await user()])).not.toContain('argon2');
  });

  it('creates the first superuser once, however many instances try', async () => {
    const bootstrap = instance.app.get(Bootstrap);
    const again = await Promise.all(
      [1, 2].map(() => bootstrap.createSuperuser({ username: 'ADA', password: 'other one', generated: false })),
    );
    expect(again).toEqual([false, false]);
    expect(await bootstrap.isDone()).toBe(true);
    await expect(bus.call(signIn, { username: 'ada', password, ...client }, systemContext)).resolves.toBeDefined();
  });

  it('signs with one key, made by whichever instance was first', async () => {
    const [first] = (await bus.call(jwks, {}, systemContext)).keys;
    const other = await startIdentityStand(test.database, clock, vault);
    expect((await other.gateway.call(jwks, {}, systemContext)).keys).toEqual([first]);
    await other.stop();
  });

  it('answers unavailable while the vault is away, opens no session, and recovers', async () => {
    instance.stub.silence(readSystemSecret);
    const attempt = () => bus.call(signIn, { username: 'ada', password, ...client }, systemContext);
    await expect(attempt()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await test.database.read((em) => em.count(SessionEntity))).toBe(0);
    instance.stub.answer(readSystemSecret, () => ({ value: null }));
    await expect(attempt()).resolves.toBeDefined();
  });

  it('keeps each audit event once, however often it arrives', async () => {
    const event: AuditEvent = {
      id: new UuidV7(clock).next(),
      at: clock.now(),
      workspaceId: null,
      actorId: null,
      keyId: null,
      action: 'key.created',
      subjectId: 'a key',
      details: { name: 'x' },
    };
    for (let time = 0; time < 2; time++) {
      expect(await instance.keys.call(appendAudit, { events: [event] }, systemContext)).toEqual({ acknowledged: 1 });
    }
    const stored = await test.database.read((em) => em.find(AuditEventEntity, { action: 'key.created' }));
    expect(stored).toMatchObject([{ ...event, service: 'keys' }]);
  });
});
