import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import {
  type Caller,
  deleteKey,
  leaseKey,
  type ReplyOf,
  type RequestInput,
  type createKey,
  returnLeases,
} from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { type KeyManagementStand, keyManagementStand, person } from '../key-management.spec-stand.ts';
import { KeyCounterEntity } from './key-counter.entity.ts';

type Lease = ReplyOf<typeof leaseKey>;

await describeOnDialects('leases of limits', (dialect) => {
  let stand: KeyManagementStand;
  let ada: Caller;
  const hour = 3_600_000;

  beforeEach(async () => {
    stand = await keyManagementStand(dialect);
    ada = person();
  });
  afterEach(() => stand.stop());

  async function limited(limits: Pick<RequestInput<typeof createKey>, 'rateLimit' | 'quota'>): Promise<string> {
    return (await stand.create(ada, limits)).key.id;
  }
  const lease = (keyId: string, wanted = 1) => stand.gateway.call(leaseKey, { keyId, wanted }, systemContext);
  const giveBack = (keyId: string, { windows }: Lease, unspent: number) =>
    stand.gateway.call(returnLeases, { leases: [{ keyId, unspent, windows }] }, systemContext);
  async function drain(keyId: string): Promise<number> {
    let sum = 0;
    for (let got = await lease(keyId, 1_000); got.granted > 0; got = await lease(keyId, 1_000)) sum += got.granted;
    return sum;
  }

  it('are a sixteenth of what is left, at least what is wanted, never more than there is', async () => {
    const keyId = await limited({ rateLimit: { requests: 160, windowSeconds: 60 } });
    const at = stand.clock.now();
    expect(await lease(keyId)).toEqual({
      granted: 10,
      exhausted: null,
      windows: { rate: at, daily: null, monthly: null },
      validForMs: 60_000,
      limit: 160,
      left: 150,
      resetInMs: 60_000,
    });
    expect((await lease(keyId, 100)).granted).toBe(100);
    expect((await lease(keyId)).granted).toBe(3);
    expect((await lease(keyId, 1_000)).granted).toBe(47);
    await stand.clock.advance(59_000);
    expect(await lease(keyId)).toMatchObject({ granted: 0, exhausted: 'rate', validForMs: 1_000, left: 0 });
    await stand.clock.advance(1_000);
    expect(await lease(keyId)).toMatchObject({ granted: 10, exhausted: null });
  });

  it('of a key without limits are not needed', async () => {
    expect(await lease(await limited({}))).toMatchObject({ granted: 0, exhausted: null });
    await expect(lease(randomUUID())).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('count against every limit, and say which ran out', async () => {
    const rateLimit = { requests: 3, windowSeconds: 60 };
    const keyId = await limited({ rateLimit, quota: { daily: 4, monthly: 5 } });
    expect(await drain(keyId)).toBe(3);
    expect(await lease(keyId)).toMatchObject({ exhausted: 'rate', validForMs: 60_000 });
    await stand.clock.advance(60_000);
    expect(await lease(keyId, 9)).toMatchObject({ granted: 1, limit: 4, left: 0 });
    expect(await lease(keyId)).toMatchObject({ exhausted: 'quota', validForMs: 24 * hour - 60_000, limit: 4 });
    await stand.clock.advance(24 * hour - 60_000);
    expect(await drain(keyId)).toBe(1);
    expect(await lease(keyId)).toMatchObject({ exhausted: 'quota', validForMs: 30 * 24 * hour, limit: 5 });
    await stand.clock.advance(30 * 24 * hour);
    expect(await drain(keyId)).toBe(3);
  });

  it('that were not spent are given back, each to its own window', async () => {
    const keyId = await limited({ rateLimit: { requests: 10, windowSeconds: 60 }, quota: { daily: 12 } });
    const first = await lease(keyId, 8);
    await giveBack(keyId, first, 3);
    expect((await lease(keyId, 10)).granted).toBe(5);
    await stand.clock.advance(60_000);
    // The window of the rate is over: only the day gets it.
    await giveBack(keyId, first, 2);
    expect(await lease(keyId, 10)).toMatchObject({ granted: 4, left: 0 });
    await giveBack(keyId, first, 1_000);
    expect(await lease(keyId, 10)).toMatchObject({ granted: 6 });
  });

  it('follow a change of the limit at once', async () => {
    const keyId = await limited({ quota: { daily: 100 } });
    expect((await lease(keyId, 50)).granted).toBe(50);
    await stand.update(ada, { keyId, quota: { daily: 20 } });
    expect(await lease(keyId)).toMatchObject({ granted: 0, exhausted: 'quota', left: 0 });
    await stand.update(ada, { keyId, quota: { daily: 60 } });
    expect(await drain(keyId)).toBe(10);
  });

  it('are forgotten with their key', async () => {
    const keyId = await limited({ quota: { daily: 100 } });
    await lease(keyId);
    await stand.gateway.call(deleteKey, { keyId }, { caller: ada });
    expect(await stand.database.read((em) => em.count(KeyCounterEntity))).toBe(0);
  });

  describe('of several gateways at once', () => {
    // A gateway that takes, spends, gives back, or ends without doing so, in an order that differs per seed.
    async function work(keyId: string, seed: number): Promise<number> {
      let state = seed;
      const random = (below: number) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 8) % below;
      };
      let spent = 0;
      for (let turn = 0; turn < 12; turn++) {
        const got = await lease(keyId, 1 + random(6));
        if (got.granted === 0) continue;
        const used = random(got.granted + 1);
        spent += used;
        // Some are killed here: what they held is lost, and nobody gets it twice.
        if (used < got.granted && random(4) > 0) await giveBack(keyId, got, got.granted - used);
      }
      return spent;
    }

    it.each([1, 2, 3])('never exceed the limit in any window (seed %s)', async (seed) => {
      const keyId = await limited({ rateLimit: { requests: 40, windowSeconds: 10 }, quota: { daily: 90 } });
      let ofDay = 0;
      for (let window = 0; window < 4; window++) {
        const spent = await Promise.all([1, 2, 3, 4].map((gateway) => work(keyId, seed * 100 + window * 10 + gateway)));
        const ofWindow = spent.reduce((sum, one) => sum + one, 0);
        expect(ofWindow).toBeLessThanOrEqual(40);
        ofDay += ofWindow;
        await stand.clock.advance(10_000);
      }
      ofDay += await drain(keyId);
      expect(ofDay).toBeLessThanOrEqual(90);
    });

    it('hand out exactly the limit when all of it is wanted', async () => {
      const keyId = await limited({ rateLimit: { requests: 50, windowSeconds: 10 } });
      const taken = await Promise.all([1, 2, 3, 4].map(() => drain(keyId)));
      expect(taken.reduce((sum, one) => sum + one, 0)).toBe(50);
    });
  });
});
