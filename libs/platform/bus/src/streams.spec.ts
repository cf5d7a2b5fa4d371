import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { busLimits, type RunFrame, runStream } from '@flowkeep/contracts';
import { Answers, TestClock } from '@flowkeep/testing';
import { describeSetUps, openStand, passTime, somebody, type Stand, until } from './bus.spec-stand.ts';
import type { LinkBus } from './link-bus.ts';
import type { Packet } from './packet.ts';

const context = { caller: somebody() };
const messageId = randomUUID();

/** A frame that merges with its neighbours. */
function token(text: string): RunFrame {
  return { type: 'token', messageId, text, at: 0 };
}

/** A frame that never merges: each is of a message of its own. */
function alone(text: string): RunFrame {
  return { type: 'token', messageId: randomUUID(), text, at: 0 };
}

function textOf(frame: RunFrame): string {
  return frame.type === 'token' ? frame.text : frame.type;
}

function codeOf(error: unknown): unknown {
  return (error as { code: unknown }).code;
}

await describeSetUps('streams', (setUp) => {
  let stand: Stand;
  let clock: TestClock;
  let answers: Answers;
  let gateway: LinkBus;
  /** What the callee sends, and whether it arrives. */
  let sent: Packet[];
  let calleeHeard = true;
  let callerHeard = true;

  beforeEach(async () => {
    stand = await openStand(setUp);
    clock = new TestClock();
    answers = new Answers();
    sent = [];
    calleeHeard = callerHeard = true;
    await stand.serve('runner', answers, {
      clock,
      wrap: (link) => {
        const publish = link.publish.bind(link);
        link.publish = (subject, packet, reply) => {
          sent.push(packet);
          if (calleeHeard) publish(subject, packet, reply);
        };
        return link;
      },
    });
    gateway = await stand.connect('gateway', {
      clock,
      wrap: (link) => {
        const publish = link.publish.bind(link);
        link.publish = (subject, packet, reply) => {
          if (callerHeard) publish(subject, packet, reply);
        };
        return link;
      },
    });
  });
  afterEach(() => stand.close());

  const open = (flow = 'x', signal?: AbortSignal) =>
    gateway.stream(runStream, { flow }, { ...context, ...(signal === undefined ? {} : { signal }) });
  const iterate = (flow = 'x', signal?: AbortSignal) => open(flow, signal)[Symbol.asyncIterator]();
  const collect = async (frames: AsyncIterable<RunFrame>) => {
    const texts: string[] = [];
    for await (const frame of frames) texts.push(textOf(frame));
    return texts;
  };

  /** A producer that notes how far it got and how it ended. */
  const endless = () => {
    const state = { made: 0, aborted: false, closed: Promise.withResolvers<undefined>() };
    answers.on(runStream, async function* (_request, { signal }) {
      signal.addEventListener('abort', () => (state.aborted = true));
      try {
        for (;;) {
          yield alone(String(state.made++));
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        state.closed.resolve(undefined);
      }
    });
    return state;
  };

  it('sends nothing before the first frame is asked for', async () => {
    const state = endless();
    const frames = iterate();
    await clock.advance(1_000);
    expect(state.made).toBe(0);
    await frames.next();
    await frames.return();
    await state.closed.promise;
  });

  it('hands over every frame in order', async () => {
    answers.on(runStream, async function* () {
      for (let index = 0; index < 1_000; index++) yield alone(String(index));
    });
    expect(await collect(open())).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  });

  it('an empty stream ends', async () => {
    answers.on(runStream, async function* () {});
    expect(await collect(open())).toEqual([]);
  });

  it('ends with the error of its producer, after the frames before it', async () => {
    answers.on(runStream, async function* () {
      yield alone('a');
      throw new TypeError('canary');
    });
    const frames = iterate();
    expect(textOf((await frames.next()).value as RunFrame)).toBe('a');
    await expect(frames.next()).rejects.toMatchObject({ code: 'internal' });
  });

  it('leaving the loop stops the producer', async () => {
    const state = endless();
    for await (const frame of open()) if (textOf(frame) === '3') break;
    await state.closed.promise;
    expect(state.aborted).toBe(true);
  });

  it('aborting stops both ends', async () => {
    const state = endless();
    const leaving = new AbortController();
    const frames = iterate('x', leaving.signal);
    await frames.next();
    leaving.abort();
    const ending = (async () => {
      for (;;) if ((await frames.next()).done === true) return;
    })();
    await expect(ending).rejects.toMatchObject({ code: 'run_cancelled' });
    await state.closed.promise;
    expect(state.aborted).toBe(true);
  });

  it('a producer stops at zero credit, and goes on when frames are taken', async () => {
    const state = endless();
    const frames = iterate();
    await frames.next();
    await until(() => state.made > busLimits.creditFrames);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    const before = state.made;
    expect(before).toBeLessThanOrEqual(busLimits.creditFrames + 2);
    for (let taken = 0; taken < busLimits.creditFrames / 2; taken++) await frames.next();
    await until(() => state.made > before);
    await frames.return();
    await state.closed.promise;
  });

  it('large frames count by their bytes', async () => {
    let made = 0;
    const stopped = Promise.withResolvers<undefined>();
    answers.on(runStream, async function* () {
      try {
        for (;;) {
          made++;
          yield alone('x'.repeat(60_000));
        }
      } finally {
        stopped.resolve(undefined);
      }
    });
    const frames = iterate();
    await frames.next();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThanOrEqual(8);
    await frames.return();
    await stopped.promise;
  });

  it('one reader that stalls does not hold up a hundred others', async () => {
    answers.on(runStream, async function* ({ flow }) {
      for (let index = 0; index < 300; index++) yield alone(`${flow}:${index}`);
    });
    const stalled = iterate('stalled');
    await stalled.next();
    const others = await Promise.all(Array.from({ length: 100 }, (_, index) => collect(open(`f${index}`))));
    expect(others.every((texts, index) => texts.length === 300 && texts[299] === `f${index}:299`)).toBe(true);
    await stalled.return();
  });

  it('a reader that takes nothing for long is cut off, and its producer stops', async () => {
    const state = endless();
    const frames = iterate();
    await frames.next();
    await until(() => state.made > busLimits.creditFrames);
    await passTime(clock, state.closed.promise, busLimits.stalledReaderMs + 6_000);
    const rest = (async () => {
      for (;;) if ((await frames.next()).done === true) return;
    })();
    await expect(rest).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a caller that falls silent ends the producer', async () => {
    const state = endless();
    const frames = iterate();
    await frames.next();
    callerHeard = false;
    await passTime(clock, state.closed.promise, busLimits.silenceMs + 6_000);
    expect(state.aborted).toBe(true);
    await frames.return();
  });

  it('a producer that falls silent ends the stream', async () => {
    answers.on(runStream, async function* (_request, { signal }) {
      yield alone('a');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const frames = iterate();
    await frames.next();
    calleeHeard = false;
    const next = frames.next().catch(codeOf);
    expect(await passTime(clock, next, busLimits.silenceMs + 6_000)).toBe('unavailable');
  });

  it('silence of the source is not silence of the producer', async () => {
    const more = Promise.withResolvers<undefined>();
    answers.on(runStream, async function* () {
      yield alone('a');
      await more.promise;
      yield alone('b');
    });
    const frames = iterate();
    await frames.next();
    for (let beat = 0; beat < 24; beat++) {
      await clock.advance(busLimits.beatMs / 2);
      // Over a wire the beats need real time to arrive.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const next = frames.next();
    more.resolve(undefined);
    expect(textOf((await next).value as RunFrame)).toBe('b');
    await frames.return();
  });

  it('tokens after the first travel together', async () => {
    const made = Promise.withResolvers<undefined>();
    answers.on(runStream, async function* () {
      for (let index = 0; index < 50; index++) yield token(`${index} `);
      yield { type: 'message', state: 'complete', message: message() };
      made.resolve(undefined);
    });
    const texts = await collect(open());
    expect(texts.slice(0, -1).join('')).toBe(Array.from({ length: 50 }, (_, index) => `${index} `).join(''));
    expect(texts.length).toBe(3);
    expect(texts[0]).toBe('0 ');
    await made.promise;
  });

  it('a token waits for the next no longer than a moment', async () => {
    const frames = iterate();
    const more = Promise.withResolvers<undefined>();
    answers.on(runStream, async function* () {
      yield token('a');
      yield token('b');
      await more.promise;
    });
    await frames.next();
    const next = frames.next();
    const count = () => sent.filter(({ head }) => head.k === 'frames').length;
    await clock.advance(busLimits.mergeMs - 1);
    expect(count()).toBe(1);
    await clock.advance(1);
    expect(textOf((await next).value as RunFrame)).toBe('b');
    more.resolve(undefined);
    await frames.return();
  });

  it('a source that never pauses does not grow one frame without end', async () => {
    answers.on(runStream, async function* () {
      for (let index = 0; index < 1_000; index++) yield token('x');
    });
    const texts = await collect(open());
    expect(texts.join('')).toBe('x'.repeat(1_000));
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(64);
  });
});

function message() {
  return {
    id: messageId,
    flowId: randomUUID(),
    sessionId: 's',
    at: 0,
    sender: 'Machine' as const,
    senderName: 'x',
    text: '',
    files: [],
    error: false,
    source: null,
    icon: '',
  };
}
