import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verifyKey } from '@flowkeep/contracts';
import { generateKey, hashKey } from '@flowkeep/crypto';
import { RecordingLogger, TestClock } from '@flowkeep/testing';
import { gatewayStand } from '../gateway.spec-stand.ts';
import { failedKeyLimits, FailedKeys } from './failed-keys.ts';

const limited = { code: 'too_many_attempts' };

describe('failures of one address', () => {
  let clock: TestClock;
  let log: RecordingLogger;
  let failures: FailedKeys;

  beforeEach(() => {
    clock = new TestClock();
    log = new RecordingLogger();
    failures = new FailedKeys(clock, log);
  });

  function exhaust(address: string): void {
    while (failures.count(address) === null);
  }

  it('are let through up to a number, and so many a second', async () => {
    for (let time = 0; time < failedKeyLimits.burst; time++) failures.count('192.0.2.1');
    expect(failures.count('192.0.2.1')).toMatchObject(limited);
    await clock.advance(1_000);
    for (let time = 0; time < failedKeyLimits.perSecond; time++) failures.count('192.0.2.1');
    expect(failures.count('192.0.2.1')).toMatchObject({ ...limited, retryAfterSeconds: 1 });
  });

  it('are nobody else’s', () => {
    exhaust('2001:db8::1');
    expect(failures.count('2001:db8::ffff')).toMatchObject(limited);
    failures.count('2001:db8:0:1::1');
    expect(failures.admit('2001:db8:0:1::1')).toBeNull();
    expect(failures.admit('192.0.2.1')).toBeNull();
  });

  it('leave one look-up a second for others behind the same address', async () => {
    exhaust('192.0.2.1');
    const admitted = () => failures.admit('192.0.2.1') === null;
    expect([admitted(), admitted()]).toEqual([true, false]);
    await clock.advance(150);
    expect(admitted()).toBe(false);
    exhaust('192.0.2.1');
    await clock.advance(850);
    exhaust('192.0.2.1');
    expect([admitted(), admitted()]).toEqual([true, false]);
  });

  it('are told to the log once a minute', async () => {
    const lines = () => log.lines.filter(({ message }) => message.includes('unknown API keys')).length;
    for (let time = 0; time < 3; time++) exhaust('192.0.2.1');
    expect(lines()).toBe(1);
    await clock.advance(60_000);
    exhaust('192.0.2.1');
    expect(lines()).toBe(2);
  });

  it('of more addresses than are remembered push out the oldest', () => {
    exhaust('192.0.2.1');
    for (let index = 0; index < failedKeyLimits.addresses; index++) {
      failures.count(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    }
    failures.count('192.0.2.1');
  });
});

describe('a flood of made-up keys', () => {
  const whoami = '/api/v1/users/whoami';
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand({ FLOWKEEP_TRUST_PROXY: '127.0.0.1' });
  });
  afterEach(() => stand.stop());

  const ask = (key: string, address: string) => stand.get(whoami, { 'x-api-key': key, 'x-forwarded-for': address });
  const lookUps = () => stand.bus.calls.filter((name) => name === verifyKey.name).length;

  async function flood(times: number, make = generateKey): Promise<number[]> {
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) statuses.push((await ask(make(), '192.0.2.1')).status);
    return statuses;
  }

  it('is refused without a look-up', async () => {
    const statuses = await flood(30);
    expect(statuses.slice(0, failedKeyLimits.burst)).toEqual(Array.from({ length: failedKeyLimits.burst }, () => 403));
    expect(statuses.at(-1)).toBe(429);
    // One more than the burst may be asked for: the look-up kept for others.
    expect(lookUps()).toBeLessThanOrEqual(failedKeyLimits.burst + 1);
    const refused = await ask(generateKey(), '192.0.2.1');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await ask(generateKey(), '192.0.2.2')).status).toBe(403);
  });

  it('of wrong checksums is refused too', async () => {
    expect((await flood(30, () => `fk_${'a'.repeat(43)}_000000`)).at(-1)).toBe(429);
    expect(lookUps()).toBe(0);
  });

  it('does not stop a good key of the same address, also when its facts are old', async () => {
    expect((await ask(stand.key, '192.0.2.1')).status).toBe(200);
    await flood(30);
    expect((await ask(stand.key, '192.0.2.1')).status).toBe(200);
    await stand.clock.advance(5_000);
    await flood(60);
    expect((await ask(generateKey(), '192.0.2.1')).status).toBe(429);
    expect((await ask(stand.key, '192.0.2.1')).status).toBe(200);
  });

  it('lets a good key in that nobody has seen yet', async () => {
    await flood(30);
    const key = generateKey();
    stand.facts.keys.set(hashKey(key), { ...stand.keyFacts });
    await stand.clock.advance(1_000);
    expect((await ask(key, '192.0.2.1')).status).toBe(200);
  });

  it('with one key over and over is one failure', async () => {
    const key = generateKey();
    expect(await flood(60, () => key)).toEqual(Array.from({ length: 60 }, () => 403));
    expect(lookUps()).toBe(1);
    const fresh = generateKey();
    const crowd = await Promise.all(Array.from({ length: 40 }, () => ask(fresh, '192.0.2.1')));
    expect(crowd.every(({ status }) => status === 403)).toBe(true);
  });

  it('is refused where anybody may have a key verified', async () => {
    const verify = async (key: string) =>
      (await stand.get(`/api/v1/verify/apikey/${key}`, { 'x-forwarded-for': '192.0.2.1' })).status;
    const statuses: number[] = [];
    for (let time = 0; time < 30; time++) statuses.push(await verify(generateKey()));
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });
});
