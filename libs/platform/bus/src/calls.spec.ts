import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  busLimits,
  deleteFlows,
  DomainError,
  getFlow,
  importFlows,
  keysHealth,
  runnerHealth,
} from '@flowkeep/contracts';
import { Logger } from '@flowkeep/telemetry';
import { Answers, TestClock } from '@flowkeep/testing';
import { codeOf, describeSetUps, openStand, passTime, somebody, type Stand, until } from './bus.spec-stand.ts';

const context = { caller: somebody() };
const request = { flowIds: [randomUUID()] };
const importRequest = { dialect: 'langflow' as const, documents: [{ name: 'x' }] };
const ok = { database: 'ok' } as const;

/** Never ends by itself. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

class CollectingLogger extends Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(message: string, fields: object = {}): void {
    this.lines.push(
      `${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? String(value) : value))}`,
    );
  }
}

await describeSetUps('calls', (setUp) => {
  let stand: Stand;
  let answers: Answers;

  beforeEach(async () => {
    stand = await openStand(setUp);
    answers = new Answers();
  });
  afterEach(() => stand.close());

  it('a slow callee is `unavailable` at the deadline, and its signal aborts', async () => {
    const clock = new TestClock();
    await stand.serve('runner', answers, { clock });
    const gateway = await stand.connect('gateway', { clock });
    const reached = Promise.withResolvers<AbortSignal>();
    answers.on(deleteFlows, (_request, { signal }) => {
      reached.resolve(signal);
      return untilAborted(signal);
    });
    const code = codeOf(gateway.call(deleteFlows, request, context));
    const signal = await reached.promise;
    await clock.advance(deleteFlows.timeoutMs - 1);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(await code).toBe('unavailable');
    expect(signal.aborted).toBe(true);
  });

  it('a callee that takes its time is waited for as long as it beats', async () => {
    const clock = new TestClock();
    await stand.serve('runner', answers, { clock });
    const gateway = await stand.connect('gateway', { clock });
    const release = Promise.withResolvers<{ deleted: number }>();
    const reached = Promise.withResolvers<undefined>();
    answers.on(importFlows, async () => {
      reached.resolve(undefined);
      await release.promise;
      return { flows: [], lifted: [], bound: [] };
    });
    const reply = gateway.call(importFlows, importRequest, context);
    await reached.promise;
    // Step by step, so that each beat has the time to arrive that it has in life.
    for (let elapsed = 0; elapsed < 25_000; elapsed += 500) {
      await clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    release.resolve({ deleted: 0 });
    expect(await reply).toEqual({ flows: [], lifted: [], bound: [] });
  });

  it('a callee that dies is not waited for until the deadline', async () => {
    const clock = new TestClock();
    const frozen = new TestClock();
    // Its clock stands still, and so do its beats, as those of a process that was killed.
    await stand.serve('runner', answers, { clock: frozen });
    const gateway = await stand.connect('gateway', { clock });
    const reached = Promise.withResolvers<undefined>();
    answers.on(importFlows, async (_request, { signal }) => {
      reached.resolve(undefined);
      return untilAborted(signal);
    });
    const code = codeOf(gateway.call(importFlows, importRequest, context));
    await reached.promise;
    await clock.advance(busLimits.silenceMs - 1);
    await clock.advance(1);
    expect(await code).toBe('unavailable');
    expect(clock.monotonic()).toBeLessThan(importFlows.timeoutMs);
    await frozen.advance(importFlows.timeoutMs);
  });

  it('a call inside a call has no more time than is left', async () => {
    const clock = new TestClock();
    await stand.serve('runner', answers, { clock });
    const gateway = await stand.connect('gateway', { clock });
    const left = Promise.withResolvers<number>();
    answers.on(deleteFlows, (_request, { remainingMs, signal }) => {
      left.resolve(remainingMs());
      return untilAborted(signal);
    });
    const code = codeOf(gateway.call(deleteFlows, request, { ...context, remainingMs: () => 70 }));
    expect(await left.promise).toBe(70);
    await clock.advance(70);
    expect(await code).toBe('unavailable');
    expect(await codeOf(gateway.call(deleteFlows, request, { ...context, remainingMs: () => 0 }))).toBe('unavailable');
  });

  it.each(['before it is known who works on it', 'while it is worked on'])('a caller can leave, %s', async (when) => {
    const clock = new TestClock();
    await stand.serve('runner', answers, { clock });
    const gateway = await stand.connect('gateway', { clock });
    const reached = Promise.withResolvers<AbortSignal>();
    answers.on(deleteFlows, (_request, { signal }) => {
      reached.resolve(signal);
      return untilAborted(signal);
    });
    const leaving = new AbortController();
    const code = codeOf(gateway.call(deleteFlows, request, { ...context, signal: leaving.signal }));
    const signal = await reached.promise;
    if (when.startsWith('while')) await clock.advance(60);
    leaving.abort();
    expect(await code).toBe('run_cancelled');
    await clock.advance(60);
    await until(() => signal.aborted);
  });

  it('does not even begin for a caller that has left', async () => {
    const gateway = await stand.connect('gateway');
    const call = gateway.call(deleteFlows, request, { ...context, signal: AbortSignal.abort() });
    expect(await codeOf(call)).toBe('run_cancelled');
  });

  it('a mutation that nobody answers is `unavailable` at once', async () => {
    const gateway = await stand.connect('gateway', { clock: new TestClock() });
    const error = gateway.call(deleteFlows, request, context).catch((failure: unknown) => failure);
    // The test's clock stands still: no deadline has passed.
    expect(await error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  });

  it('a look-up waits for somebody to come', async () => {
    const gateway = await stand.connect('gateway');
    const call = gateway.call(runnerHealth, {}, context);
    answers.on(runnerHealth, () => Promise.resolve(ok));
    await stand.serve('runner', answers);
    expect(await call).toEqual(ok);
  });

  it('a look-up that nobody comes for is `unavailable`', async () => {
    const clock = new TestClock();
    const gateway = await stand.connect('gateway', { clock });
    expect(await passTime(clock, codeOf(gateway.call(runnerHealth, {}, context)), 3_000)).toBe('unavailable');
  });

  it('every request goes to one instance, and each gets its share', async () => {
    const counts = [0, 0, 0];
    for (const index of counts.keys()) {
      const own = new Answers().on(runnerHealth, () => {
        counts[index] = (counts[index] ?? 0) + 1;
        return Promise.resolve(ok);
      });
      await stand.serve('runner', own);
    }
    const gateway = await stand.connect('gateway');
    await Promise.all(Array.from({ length: 120 }, () => gateway.call(runnerHealth, {}, context)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(120);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });

  it("an error crosses with its code, sentence and detail, and nothing of anybody else's", async () => {
    answers.on(getFlow, () => {
      throw new DomainError('flow_not_found', { detail: 'it is in another workspace' });
    });
    await stand.serve('runner', answers);
    const gateway = await stand.connect('gateway');
    const error = gateway.call(getFlow, { flowId: randomUUID() }, context);
    await expect(error).rejects.toMatchObject({ code: 'flow_not_found', detail: 'it is in another workspace' });
  });

  it('an unforeseen error is `internal`; what it was is logged where it happened', async () => {
    const logger = new CollectingLogger();
    answers.on(getFlow, () => {
      throw new TypeError('canary-of-the-handler');
    });
    await stand.serve('runner', answers, { logger });
    const gateway = await stand.connect('gateway');
    const error: unknown = await gateway.call(getFlow, { flowId: randomUUID() }, context).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'internal', detail: undefined });
    expect(JSON.stringify(error)).not.toContain('canary');
    expect(logger.lines.join()).toContain('canary-of-the-handler');
  });

  it('hands trace and hops on, and stops a circle', async () => {
    const trace = 'ab'.repeat(16);
    answers.on(runnerHealth, (_request, { trace: seen, hop }) => {
      expect([seen, hop]).toEqual([trace, 3]);
      return Promise.resolve(ok);
    });
    await stand.serve('runner', answers);
    const gateway = await stand.connect('gateway');
    expect(await gateway.call(runnerHealth, {}, { caller: null, trace, hop: 2 })).toEqual(ok);
    expect(await codeOf(gateway.call(runnerHealth, {}, { caller: null, trace, hop: 16 }))).toBe('internal');
  });

  it('a stop lets calls under way end and takes no new ones', async () => {
    const reached = Promise.withResolvers();
    const going = Promise.withResolvers();
    answers.on(deleteFlows, async () => {
      reached.resolve(undefined);
      await going.promise;
      return { deleted: 1 };
    });
    const stop = await stand.serve('runner', answers);
    const gateway = await stand.connect('gateway');
    const call = gateway.call(deleteFlows, request, context);
    await reached.promise;
    const stopped = stop();
    const drained = gateway.drain();
    expect(await codeOf(gateway.call(keysHealth, {}, context))).toBe('unavailable');
    const other = await stand.connect('gateway');
    await until(() => true);
    let late = await codeOf(other.call(deleteFlows, request, context));
    // The first may still have been given to the instance that is stopping.
    if (late === 'no error') late = await codeOf(other.call(deleteFlows, request, context));
    expect(late).toBe('unavailable');
    going.resolve(undefined);
    expect(await call).toEqual({ deleted: 1 });
    await Promise.all([stopped, drained]);
  });
});
