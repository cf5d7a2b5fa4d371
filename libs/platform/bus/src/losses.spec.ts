import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  deleteFlows,
  DomainError,
  getFlow,
  keysHealth,
  type RunFrame,
  runnerHealth,
  runStream,
} from '@flowkeep/contracts';
import { Answers, type Fault, FaultyLink, TestClock } from '@flowkeep/testing';
import { codeOf, flowOf, openStand, passTime, somebody, type Stand } from './bus.spec-stand.ts';
import type { LinkBus } from './link-bus.ts';
import type { Head, Packet } from './packet.ts';

const context = { caller: somebody() };
const ok = { database: 'ok' } as const;
const messageId = randomUUID();

function token(text: string): RunFrame {
  return { type: 'token', messageId, text, at: 0 };
}

function textOf(frame: RunFrame): string {
  return frame.type === 'token' ? frame.text : '';
}

describe.each(['values', 'bytes'] as const)('losses on the way: %s', (setUp) => {
  let stand: Stand;
  let clock: TestClock;
  let answers: Answers;
  let gateway: LinkBus;
  /** Decides on what the caller sends, and on what the callee sends. */
  let asking: (packet: Packet) => Fault | undefined;
  let answering: (packet: Packet) => Fault | undefined;

  beforeEach(async () => {
    stand = await openStand(setUp);
    clock = new TestClock();
    answers = new Answers();
    asking = answering = () => undefined;
    await stand.serve('runner', answers, {
      clock,
      wrap: (link) => new FaultyLink({ link, clock, fault: (packet) => answering(packet) }),
    });
    await stand.serve('keys', answers);
    gateway = await stand.connect('gateway', {
      clock,
      wrap: (link) => new FaultyLink({ link, clock, fault: (packet) => asking(packet) }),
    });
  });
  afterEach(() => stand.close());

  /** The first packet of a kind. */
  const first = (kind: Head['k'], fault: Fault) => {
    let met = false;
    return ({ head }: Packet) => {
      if (met || head.k !== kind) return undefined;
      met = true;
      return fault;
    };
  };

  const count = () => {
    let executed = 0;
    answers.on(deleteFlows, () => Promise.resolve({ deleted: ++executed }));
    answers.on(runnerHealth, () => {
      executed++;
      return Promise.resolve(ok);
    });
    return () => executed;
  };
  const remove = () => gateway.call(deleteFlows, { flowIds: [randomUUID()] }, context);
  const health = () => gateway.call(runnerHealth, {}, context);

  it('a look-up whose request is lost is asked again', async () => {
    const executed = count();
    asking = first('ask', 'drop');
    expect(await passTime(clock, health(), 2_000)).toEqual(ok);
    expect(executed()).toBe(1);
  });

  it('a look-up whose reply is lost is asked again', async () => {
    const executed = count();
    answering = first('reply', 'drop');
    expect(await passTime(clock, health(), 2_000)).toEqual(ok);
    expect(executed()).toBe(2);
  });

  it('a look-up that is asked again hears why it fails', async () => {
    answers.on(getFlow, () => Promise.reject(new DomainError('flow_not_found')));
    asking = first('ask', 'drop');
    const call = gateway.call(getFlow, { flowId: randomUUID() }, context);
    expect(await passTime(clock, codeOf(call), 6_000)).toBe('flow_not_found');
  });

  it.each([
    ['request', 'ask', 0],
    ['reply', 'reply', 1],
  ] as const)('a mutation whose %s is lost is never asked again', async (_name, kind, times) => {
    const executed = count();
    asking = answering = first(kind, 'drop');
    expect(await passTime(clock, codeOf(remove()), deleteFlows.timeoutMs + 20)).toBe('unavailable');
    expect(executed()).toBe(times);
  });

  it('a mutation that is delivered twice is carried out once', async () => {
    const executed = count();
    asking = first('ask', 'repeat');
    answering = first('reply', 'repeat');
    expect(await remove()).toEqual({ deleted: 1 });
    await clock.advance(100);
    expect(executed()).toBe(1);
  });

  it('an answer that comes twice or late belongs to nobody else', async () => {
    count();
    answering = () => 'repeat';
    const replies = await Promise.all(Array.from({ length: 20 }, remove));
    expect(new Set(replies.map(({ deleted }) => deleted)).size).toBe(20);
  });

  /** What a consumer got, and how it ended. */
  const consume = async (frames: AsyncIterable<RunFrame>) => {
    let text = '';
    try {
      for await (const frame of frames) text += textOf(frame);
      return { text, end: 'complete' };
    } catch (error) {
      return { text, end: (error as { code: string }).code };
    }
  };
  const produce = (length: number) => {
    const begun = new Map<string, number>();
    answers.on(runStream, async function* ({ flow }) {
      begun.set(flow, (begun.get(flow) ?? 0) + 1);
      for (let index = 0; index < length; index++) {
        yield token(`${index};`);
        if (index % 7 === 0) await clock.sleep(5);
      }
    });
    return (flow = 'x') => begun.get(flow) ?? 0;
  };
  const whole = (length: number) => Array.from({ length }, (_, index) => `${index};`).join('');
  const stream = (flow = 'x') => gateway.stream(runStream, { flow }, context);

  it('credit that is lost is granted again', async () => {
    produce(1_000);
    asking = first('credit', 'drop');
    expect(await passTime(clock, consume(stream()))).toEqual({ text: whole(1_000), end: 'complete' });
  });

  it('who takes it is told again by the first beat', async () => {
    produce(1_000);
    answering = first('taken', 'drop');
    expect(await passTime(clock, consume(stream()))).toEqual({ text: whole(1_000), end: 'complete' });
  });

  it.each(['frames', 'end', 'fail'] as const)(
    'a stream that loses one of its `%s` ends with an error',
    async (kind) => {
      produce(40);
      if (kind === 'fail') {
        answers.on(runStream, async function* () {
          yield token('0;');
          await clock.sleep(1);
          throw new Error('it failed');
        });
      }
      answering = first(kind, 'drop');
      const { text, end } = await passTime(clock, consume(stream()));
      expect(end).toBe('unavailable');
      expect(whole(40).startsWith(text)).toBe(true);
    },
  );

  it('a frame that is lost does not wait for the producer to fall silent', async () => {
    answers.on(runStream, async function* (_request, { signal }) {
      for (const text of ['a', 'b', 'c']) yield { ...token(text), messageId: randomUUID() };
      await clock.sleep(600_000, signal);
    });
    answering = first('frames', 'drop');
    const { text, end } = await passTime(clock, consume(stream()), 20_000);
    expect([text, end]).toEqual(['', 'unavailable']);
  });

  it('two answers to one look-up in many frames are not mixed up', async () => {
    const both = Promise.withResolvers<undefined>();
    let asked = 0;
    answers.on(getFlow, async () => {
      const character = String(++asked);
      if (asked === 2) both.resolve(undefined);
      await both.promise;
      return flowOf({ text: character.repeat(2 * 1024 * 1024) });
    });
    let lost = false;
    answering = ({ head }) => {
      // Nobody says who took the first, so that it is asked again.
      if (head.k !== 'taken' || lost) return undefined;
      lost = true;
      return 'drop';
    };
    const call = gateway.call(getFlow, { flowId: randomUUID() }, context);
    const { text } = (await passTime(clock, call, getFlow.timeoutMs)).document as { text: string };
    expect(asked).toBe(2);
    expect(/^(1+|2+)$/.test(text)).toBe(true);
    // Whoever still sends the other one gives up when nobody takes it.
    await clock.advance(25_000);
  });

  it('a request for a stream that is lost is `unavailable`, and none is sent twice', async () => {
    const begun = produce(3);
    asking = first('ask', 'drop');
    expect((await passTime(clock, consume(stream()), 301_000)).end).toBe('unavailable');
    expect(begun()).toBe(0);
  });

  it('whatever the faults, a stream is whole and in order or fails, and is begun once', async () => {
    const faults = fc.array(
      fc.constantFrom<Fault | undefined>(undefined, undefined, undefined, 'drop', 'repeat', 'delay', 'swap'),
      {
        minLength: 40,
        maxLength: 40,
      },
    );
    const script = (list: readonly (Fault | undefined)[]) => {
      let at = 0;
      return () => list[at++ % 400];
    };
    await fc.assert(
      fc.asyncProperty(faults, faults, async (there, back) => {
        const begun = produce(120);
        asking = script(there);
        answering = script(back);
        // A packet that is held back may come while the next stream runs.
        const flow = randomUUID();
        const { text, end } = await passTime(clock, consume(stream(flow)), 400_000);
        expect(begun(flow)).toBeLessThan(2);
        if (end === 'complete') expect(text).toBe(whole(120));
        else expect([end, whole(120).startsWith(text)]).toEqual(['unavailable', true]);
      }),
      { numRuns: 25 },
    );
  });

  it('whatever the faults, a mutation is carried out at most once', async () => {
    const kinds = fc.constantFrom<Fault | undefined>(undefined, 'drop', 'repeat', 'delay', 'swap');
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { maxLength: 4 }), fc.array(kinds, { maxLength: 4 }), async (there, back) => {
        const flowId = randomUUID();
        let executed = 0;
        answers.on(deleteFlows, ({ flowIds }) => {
          if (flowIds.includes(flowId)) executed++;
          return Promise.resolve({ deleted: 1 });
        });
        asking = () => there.shift();
        answering = () => back.shift();
        const call = gateway.call(deleteFlows, { flowIds: [flowId] }, context);
        await passTime(clock, codeOf(call), deleteFlows.timeoutMs + 100);
        await clock.advance(200);
        expect(executed).toBeLessThan(2);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps nothing of what is over', async () => {
    count();
    await gateway.call(keysHealth, {}, context).catch(() => undefined);
    await remove();
    await passTime(clock, gateway.drain(), 1_000);
  });
});
