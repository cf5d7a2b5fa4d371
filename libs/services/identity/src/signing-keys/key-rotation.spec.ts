import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { type Bus, systemContext } from '@flowkeep/bus';
import {
  accessToken as claims,
  type Caller,
  jwks,
  listSigningKeys,
  readSystemSecret,
  replaceSystemSecret,
  rotateSigningKey,
  signIn,
  toRights,
} from '@flowkeep/contracts';
import { openDatabase } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, settle, TestClock, type TestDatabase } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { activationDelayMs, maxKeys, overlapMarginMs } from './key-set.ts';

const password = 'the right password';
const tokenMs = 600_000;
const secretName = 'access-token-key';

await describeOnDialects('the key access tokens are signed with', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let vault: Map<string, string>;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let stops: (() => Promise<unknown>)[];
  let one: Bus;
  let userId: string;

  beforeEach(async () => {
    clock = new TestClock();
    vault = new Map();
    stops = [];
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await start();
    one = stand.gateway;
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    ({ userId } = await open(one));
  });

  afterEach(async () => {
    for (const stop of stops.toReversed()) await stop();
    await test.close();
  });

  /** An instance of identity; all share database and vault. */
  async function start() {
    const database = await openDatabase(identityDatabase, test.options);
    stops.push(() => database.close());
    const started = await startIdentityStand(database, clock, vault);
    stops.push(() => started.stop());
    return started;
  }

  const open = (over: Bus) => {
    const request = { username: 'ada', password, address: '192.0.2.7', userAgent: 'test' };
    return over.call(signIn, request, systemContext);
  };
  const tokenOf = async (over: Bus) => (await open(over)).accessToken;
  const administrator = (): Caller => {
    const rights = [...toRights(['settings:manage'])];
    return { userId, username: 'ada', workspaceId: userId, sessionId: userId, rights };
  };
  const rotate = (over: Bus) => over.call(rotateSigningKey, {}, { caller: administrator() });
  const list = async (over: Bus) => (await over.call(listSigningKeys, {}, { caller: administrator() })).keys;
  const kids = async (over: Bus) => (await over.call(jwks, {}, systemContext)).keys.map(({ kid }) => kid);
  const kidOf = (token: string) => decodeProtectedHeader(token).kid as string;
  const events = () => test.database.read((em) => em.find(AuditEventEntity, { action: 'signing-key.rotated' }));

  /** Verifies as a gateway does, with what an instance publishes now. */
  async function verify(token: string, over: Bus): Promise<unknown> {
    const { issuer, audience, algorithm } = claims;
    const keySet = createLocalJWKSet(await over.call(jwks, {}, systemContext));
    const checks = { issuer, audience, algorithms: [algorithm], currentDate: new Date(clock.now()) };
    return (await jwtVerify(token, keySet, checks)).payload.sub;
  }

  it('is followed by one that is published first and signs a minute later, by every instance', async () => {
    const two = (await start()).gateway;
    const before = await tokenOf(one);
    expect(kidOf(await tokenOf(two))).toBe(kidOf(before));
    const { keys } = await rotate(one);
    const { kid: newKid } = keys[0] as { kid: string };
    const activeAt = clock.now() + activationDelayMs;
    expect(keys).toEqual([
      { kid: newKid, status: 'pending', createdAt: clock.now(), activeAt, verifiesUntil: null },
      {
        kid: kidOf(before),
        status: 'active',
        createdAt: clock.now(),
        activeAt: clock.now(),
        verifiesUntil: activeAt + tokenMs + overlapMarginMs,
      },
    ]);
    expect(newKid).not.toBe(kidOf(before));
    await clock.advance(1_000);
    for (const instance of [one, two]) {
      expect(await kids(instance)).toEqual([newKid, kidOf(before)]);
      expect(kidOf(await tokenOf(instance))).toBe(kidOf(before));
    }
    await clock.advance(activationDelayMs - 1_001);
    const last = await tokenOf(two);
    expect(kidOf(last)).toBe(kidOf(before));
    await clock.advance(1);
    const after = await Promise.all([one, two].map(tokenOf));
    expect(after.map(kidOf)).toEqual([newKid, newKid]);
    for (const instance of [one, two]) {
      for (const token of [before, last, ...after]) expect(await verify(token, instance)).toBe(userId);
    }
    expect(await list(two)).toMatchObject([
      { kid: newKid, status: 'active' },
      { kid: kidOf(before), status: 'retired' },
    ]);
    expect(await events()).toMatchObject([
      { actorId: userId, subjectId: newKid, service: 'identity', details: { activeAt } },
    ]);
  });

  it('is dropped after the overlap, also where the vault keeps it, and its tokens are refused', async () => {
    const two = (await start()).gateway;
    const before = await tokenOf(one);
    await rotate(one);
    const overlapMs = activationDelayMs + tokenMs + overlapMarginMs;
    await clock.advance(overlapMs - 1);
    expect(await kids(two)).toContain(kidOf(before));
    await clock.advance(1);
    const forged = { keys: [await kids(one), await kids(two)].flat() };
    expect(forged.keys).not.toContain(kidOf(before));
    await expect(verify(before, two)).rejects.toThrow(/no applicable key/);
    expect(vault.get(secretName)).not.toContain(kidOf(before));
    expect(await verify(await tokenOf(two), one)).toBe(userId);
  });

  it('does not sign with what an instance knew before it was cut off from the vault for long', async () => {
    const cutOff = await start();
    const before = await tokenOf(cutOff.gateway);
    await rotate(one);
    cutOff.stub.silence(readSystemSecret);
    await clock.advance(overlapMarginMs - 1);
    // What it signs still verifies elsewhere until it expires.
    const late = await tokenOf(cutOff.gateway);
    await clock.advance(tokenMs - 1_000);
    expect(await verify(late, one)).toBe(userId);
    expect(kidOf(late)).toBe(kidOf(before));
    await expect(open(cutOff.gateway)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('goes on signing while the vault is away, and asks it now and then', async () => {
    stand.stub.silence(readSystemSecret);
    await clock.advance(30_000);
    const asked = () => stand.stub.calls.filter((name) => name === readSystemSecret.name).length;
    const before = asked();
    for (let time = 0; time < 3; time++) {
      expect(await verify(await tokenOf(one), one)).toBe(userId);
      await settle();
    }
    expect(asked() - before).toBe(1);
  });

  it('is replaced once when several ask at once, or again before the next one signs', async () => {
    const two = (await start()).gateway;
    await Promise.all([one, two, one].map(rotate));
    expect(await list(one)).toHaveLength(2);
    await rotate(two);
    expect(await list(one)).toHaveLength(2);
    expect(await events()).toHaveLength(1);
    await clock.advance(activationDelayMs);
    await rotate(two);
    expect((await list(one)).map(({ status }) => status)).toEqual(['pending', 'active', 'retired']);
    expect(await events()).toHaveLength(2);
  });

  it('of an installation from before there was rotation stays in use and can be followed', async () => {
    await rotate(one);
    const { keys } = JSON.parse(vault.get(secretName) as string) as { keys: Record<string, string>[] };
    const { kid, x, y, d } = keys[0] as Record<string, string>;
    vault.set(secretName, JSON.stringify({ kid, x, y, d }));
    const old = (await start()).gateway;
    const before = await tokenOf(old);
    expect(kidOf(before)).toBe(kid);
    expect(await list(old)).toEqual([{ kid, status: 'active', createdAt: null, activeAt: 0, verifiesUntil: null }]);
    await rotate(old);
    await clock.advance(activationDelayMs);
    const after = await tokenOf(old);
    expect(kidOf(after)).not.toBe(kid);
    for (const token of [before, after]) expect(await verify(token, old)).toBe(userId);
  });

  it('is not replaced for somebody without the right, nor while too many count', async () => {
    const caller = { ...administrator(), rights: [...toRights(['sessions:manage'])] };
    for (const operation of [rotateSigningKey, listSigningKeys] as const) {
      await expect(one.call(operation, {}, { caller })).rejects.toMatchObject({ code: 'insufficient_permission' });
    }
    for (let made = 1; made < maxKeys; made++) {
      await rotate(one);
      await clock.advance(activationDelayMs);
    }
    await expect(rotate(one)).rejects.toMatchObject({ code: 'conflict' });
    expect(await list(one)).toHaveLength(maxKeys);
  });

  it('stays when the new one can not be kept, and that is no event', async () => {
    const before = await tokenOf(one);
    stand.stub.silence(replaceSystemSecret);
    await expect(rotate(one)).rejects.toMatchObject({ code: 'unavailable' });
    await clock.advance(activationDelayMs);
    expect(kidOf(await tokenOf(one))).toBe(kidOf(before));
    expect(await kids(one)).toEqual([kidOf(before)]);
    expect(await events()).toEqual([]);
  });

  it('never leaves identity with its private part', async () => {
    await rotate(one);
    const { keys } = JSON.parse(vault.get(secretName) as string) as { keys: { d: string }[] };
    const told = JSON.stringify([
      await one.call(jwks, {}, systemContext),
      await list(one),
      await rotate(one),
      await test.database.read((em) => em.findAll(AuditEventEntity)),
      stand.log.text(),
    ]);
    for (const { d } of keys) expect(told).not.toContain(d);
    expect(keys).toHaveLength(2);
  });
});
