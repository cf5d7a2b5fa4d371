import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CredentialFacts, DomainError, leaseKey, type ReplyOf, returnLeases } from '@flowkeep/contracts';
import { SilentLogger } from '@flowkeep/telemetry';
import { settle, StubBus, TestClock } from '@flowkeep/testing';
import { gatewayStand } from '../gateway.spec-stand.ts';
import { KeyLimits } from './key-limits.ts';

const windowMs = 60_000;

/** Key management's side, of one key with a rate and a day's quota. */
class Counters {
  rate = { start: 0, left: 0 };
  dayLeft: number;

  constructor(
    private readonly clock: TestClock,
    readonly requests: number,
    daily: number,
  ) {
    this.dayLeft = daily;
  }

  lease(wanted: number): ReplyOf<typeof leaseKey> {
    const now = this.clock.now();
    const start = now - (now % windowMs);
    if (this.rate.start !== start) this.rate = { start, left: this.requests };
    const left = Math.min(this.rate.left, this.dayLeft);
    const granted = Math.min(left, Math.max(wanted, Math.floor(left / 16)));
    this.rate.left -= granted;
    this.dayLeft -= granted;
    const resetInMs = start + windowMs - now;
    const exhausted = left > 0 ? null : this.dayLeft === 0 ? ('quota' as const) : ('rate' as const);
    return {
      granted,
      exhausted,
      windows: { rate: start, daily: 0, monthly: null },
      validForMs: exhausted === 'quota' ? 3_600_000 : resetInMs,
      limit: this.requests,
      left: left - granted,
      resetInMs,
    };
  }

  giveBack(unspent: number, rateStart: number | null): void {
    this.dayLeft += unspent;
    if (rateStart === this.rate.start) this.rate.left += unspent;
  }
}

describe('the limits of a key', () => {
  const facts = {
    keyId: randomUUID(),
    rateLimit: { requests: 160, windowSeconds: 60 },
    quota: null,
    revision: 1,
  } as unknown as CredentialFacts;
  let clock: TestClock;
  let bus: StubBus;
  let counters: Counters;

  function gateway(): KeyLimits {
    const limits = new KeyLimits(bus, clock, new SilentLogger());
    limits.onModuleInit();
    return limits;
  }

  function serve(requests: number, daily = 1_000_000): void {
    counters = new Counters(clock, requests, daily);
    bus.answer(leaseKey, ({ wanted }) => counters.lease(wanted));
    bus.answer(returnLeases, ({ leases }) => {
      for (const { unspent, windows } of leases) counters.giveBack(unspent, windows.rate);
      return {};
    });
  }

  beforeEach(() => {
    clock = new TestClock();
    bus = new StubBus('gateway');
    serve(160);
  });

  async function spend(limits: KeyLimits, times = 1): Promise<number> {
    let passed = 0;
    for (let time = 0; time < times; time++) {
      try {
        await limits.spend(facts);
        passed++;
      } catch (error) {
        if (!(error instanceof DomainError) || !/rate_limited|quota/.test(error.code)) throw error;
      }
    }
    return passed;
  }

  it('cost nothing where there are none', () => {
    expect(gateway().spend({ ...facts, rateLimit: null })).toBeNull();
    expect(bus.calls).toEqual([]);
  });

  it('are counted down without asking each time', async () => {
    const limits = gateway();
    await spend(limits);
    expect(bus.calls).toEqual(['keys.lease']);
    for (let time = 0; time < 6; time++) expect(limits.spend(facts)).not.toBeInstanceOf(Promise);
    expect(bus.calls).toEqual(['keys.lease']);
    // The eighth of ten: what is left is little, so more is asked for while nobody waits.
    expect(limits.spend(facts)).toMatchObject({ limit: 160, remaining: 152, resetSeconds: 60 });
    expect(bus.calls).toEqual(['keys.lease', 'keys.lease']);
    await settle();
    for (let time = 0; time < 6; time++) expect(limits.spend(facts)).not.toBeInstanceOf(Promise);
  });

  it('are exactly what passes, and then the window turns', async () => {
    const limits = gateway();
    expect(await spend(limits, 200)).toBe(160);
    await clock.advance(30_000);
    await expect(Promise.resolve().then(() => limits.spend(facts))).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 30,
    });
    expect(limits.stateOf(facts)).toEqual({ limit: 160, remaining: 0, resetSeconds: 30 });
    await clock.advance(30_000);
    expect(await spend(limits, 200)).toBe(160);
  });

  it('are asked for once a second by those that have none left', async () => {
    const limits = gateway();
    await spend(limits, 161);
    const asked = bus.calls.length;
    expect(await spend(limits, 50)).toBe(0);
    expect(bus.calls).toHaveLength(asked);
    await clock.advance(1_000);
    expect(await spend(limits, 50)).toBe(0);
    expect(bus.calls).toHaveLength(asked + 1);
  });

  it('are kept by several gateways at once, of which one is killed', async () => {
    const limits = [gateway(), gateway(), gateway()];
    const passed = await Promise.all(limits.map((one) => spend(one, 20)));
    expect(passed).toEqual([20, 20, 20]);
    limits.pop();
    const later = await Promise.all(limits.map((one) => spend(one, 200)));
    const sum = [...passed, ...later].reduce((total, one) => total + one, 0);
    expect(sum).toBeLessThanOrEqual(160);
    expect(sum).toBeGreaterThanOrEqual(140);
    await clock.advance(windowMs);
    const next = await Promise.all(limits.map((one) => spend(one, 200)));
    expect((next[0] as number) + (next[1] as number)).toBe(160);
  });

  it('let a crowd through that comes at once, no more', async () => {
    serve(50);
    const limits = gateway();
    const crowd = await Promise.all(Array.from({ length: 80 }, () => spend(limits)));
    expect(crowd.filter((passed) => passed === 1)).toHaveLength(50);
  });

  it('are given back at the stop, when idle, and at the end of the window', async () => {
    serve(160, 1_000);
    const stopping = gateway();
    await spend(stopping);
    expect(counters.dayLeft).toBe(990);
    await stopping.stop();
    expect([counters.dayLeft, counters.rate.left]).toEqual([999, 159]);
    const idle = gateway();
    await spend(idle);
    await clock.advance(15_000);
    expect([counters.dayLeft, counters.rate.left]).toEqual([998, 158]);
    const turning = gateway();
    await clock.advance(40_000);
    await spend(turning);
    await clock.advance(5_000);
    await spend(turning);
    await settle();
    // Nine were leased in the old window and eight of them given back, ten in the new one.
    expect(counters.dayLeft).toBe(998 - 9 + 8 - 10);
  });

  it('say when a quota is used up', async () => {
    serve(160, 5);
    const limits = gateway();
    expect(await spend(limits, 10)).toBe(5);
    await expect(Promise.resolve().then(() => limits.spend(facts))).rejects.toMatchObject({
      code: 'key_quota_exceeded',
      retryAfterSeconds: 3_600,
    });
  });

  it('count anew from the revision they were changed in', async () => {
    const limits = gateway();
    await spend(limits);
    await limits.spend({ ...facts, revision: 2 });
    await settle();
    // Ten were leased, nine given back, nine leased anew.
    expect(counters.rate.left).toBe(150);
    expect(bus.calls).toEqual(['keys.lease', 'keys.returnLeases', 'keys.lease']);
  });

  it('let nobody pass when they can not be asked for', async () => {
    bus.silence(leaseKey);
    await expect(Promise.resolve().then(() => gateway().spend(facts))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a request with a limited key', () => {
  const whoami = '/api/v1/users/whoami';
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
    const counters = new Counters(stand.clock, 2, 1_000);
    stand.bus.answer(leaseKey, ({ wanted }) => counters.lease(wanted));
    stand.bus.answer(returnLeases, () => ({}));
    for (const [hash, key] of stand.facts.keys) {
      stand.facts.keys.set(hash, { ...key, rateLimit: { requests: 2, windowSeconds: 60 } });
    }
  });
  afterEach(() => stand.stop());

  const headersOf = ({ headers }: Response) =>
    ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));

  it('learns how many it has left, and is refused when there are none', async () => {
    const ask = () => stand.get(whoami, { 'x-api-key': stand.key });
    expect(headersOf(await ask())).toEqual(['2', '1', '60']);
    expect(headersOf(await ask())).toEqual(['2', '0', '60']);
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after'), headersOf(refused)]).toEqual([
      429,
      '60',
      ['2', '0', '60'],
    ]);
    const native = await stand.get('/api/flowkeep/v1/session', { 'x-api-key': stand.key });
    expect(await native.json()).toMatchObject({ code: 'rate_limited' });
    await stand.clock.advance(60_000);
    expect((await ask()).status).toBe(200);
  });

  it('counts although it is refused for want of a right', async () => {
    for (const [hash, key] of stand.facts.keys) stand.facts.keys.set(hash, { ...key, permissions: [] });
    const ask = () => stand.get('/api/v1/api_key/', { 'x-api-key': stand.key });
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([403, 403, 429]);
  });

  it('is not one of those that are judged without being used', async () => {
    const verify = async () => {
      const headers = { authorization: `Bearer ${stand.token()}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ key: stand.key });
      const response = await stand.fetch('/api/flowkeep/v1/keys/verify', { method: 'POST', headers, body });
      return ((await response.json()) as { verdict: unknown }).verdict;
    };
    expect([await verify(), await verify(), await verify()]).toEqual([null, null, null]);
    for (const status of [200, 200, 429]) {
      expect((await stand.get(whoami, { 'x-api-key': stand.key })).status).toBe(status);
    }
    expect(await verify()).toBe('rate_limited');
  });
});
