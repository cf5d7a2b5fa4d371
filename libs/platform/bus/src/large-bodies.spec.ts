import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { busLimits, type Flow, getFlow, importFlows, type RunFrame, runStream } from '@flowkeep/contracts';
import { Answers } from '@flowkeep/testing';
import { codeOf, describeSetUps, flowOf, openStand, somebody, type Stand } from './bus.spec-stand.ts';
import type { LinkBus } from './link-bus.ts';

const context = { caller: somebody() };
const mebibyte = 1024 * 1024;

/** Text whose characters take one to four bytes and need escapes, `length` UTF-16 units long. */
function mixed(length: number): string {
  return '"a\\é世🎈\n'.repeat(Math.ceil(length / 8)).slice(0, length);
}

function flowWith(text: string): Flow {
  return flowOf({ text });
}

/** Tens of megabytes there and back take their time on a busy machine. */
const mostMs = 60_000;

await describeSetUps('large bodies', (setUp) => {
  let stand: Stand;
  let answers: Answers;
  let gateway: LinkBus;
  let packets: number;

  beforeEach(async () => {
    stand = await openStand(setUp);
    answers = new Answers();
    await stand.serve('runner', answers);
    packets = 0;
    gateway = await stand.connect('gateway', {
      wrap: (link) => {
        const publish = link.publish.bind(link);
        link.publish = (...packet) => {
          packets++;
          publish(...packet);
        };
        return link;
      },
    });
  });
  afterEach(() => stand.close());

  const send = (text: string) => gateway.call(importFlows, { dialect: 'langflow', documents: [{ text }] }, context);

  it.each([
    ['just below a packet', 255 * 1024],
    ['1.5 MB', 1.5 * mebibyte],
    ['40 MB', 20 * mebibyte],
  ])(
    '%s pass both ways unchanged',
    async (_name, length) => {
      const text = mixed(length);
      answers.on(importFlows, ({ documents }) =>
        Promise.resolve({ flows: [flowWith(documents[0]?.['text'] as string)], lifted: [], bound: [] }),
      );
      const { flows } = await send(text);
      expect(flows[0]?.document['text'] === text).toBe(true);
    },
    mostMs,
  );

  it('several at once are not mixed up', async () => {
    answers.on(getFlow, ({ flowId }) => Promise.resolve({ ...flowWith(flowId.repeat(20_000)), id: flowId }));
    const ids = Array.from({ length: 8 }, () => randomUUID());
    const flows = await Promise.all(ids.map((flowId) => gateway.call(getFlow, { flowId }, context)));
    expect(flows.every(({ document }, index) => document['text'] === (ids[index] as string).repeat(20_000))).toBe(true);
  });

  it.each([
    ['plain', 'x', busLimits.bodyBytes],
    ['with many bytes a character', '世', busLimits.bodyBytes / 3],
    ['with escapes', '\n', busLimits.bodyBytes / 2],
  ])('a request above the limit is refused and nothing is sent: %s', async (_name, character, length) => {
    const before = packets;
    expect(await codeOf(send(character.repeat(length)))).toBe('payload_too_large');
    expect(packets).toBe(before);
  });

  it('a reply above the limit is refused by the callee', async () => {
    answers.on(getFlow, () => Promise.resolve(flowWith('x'.repeat(busLimits.bodyBytes))));
    expect(await codeOf(gateway.call(getFlow, { flowId: randomUUID() }, context))).toBe('payload_too_large');
  });

  it('who may not ask is told before anything large is sent', async () => {
    const nobody = { caller: somebody([]) };
    const request = { dialect: 'langflow' as const, documents: [{ text: 'x'.repeat(mebibyte) }] };
    const before = packets;
    expect(await codeOf(gateway.call(importFlows, request, nobody))).toBe('insufficient_permission');
    expect(packets - before).toBe(1);
  });

  it('a frame of a stream may be as large', async () => {
    const text = mixed(3 * mebibyte);
    answers.on(runStream, async function* () {
      for (const part of ['a', text, 'b']) yield { type: 'token', messageId: randomUUID(), text: part, at: 0 };
    });
    const frames: RunFrame[] = [];
    for await (const frame of gateway.stream(runStream, { flow: 'x' }, context)) frames.push(frame);
    expect(frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('') === `a${text}b`).toBe(true);
    expect(frames.length).toBe(3);
  });

  it('a caller that leaves stops the sending', async () => {
    const leaving = new AbortController();
    answers.on(importFlows, () => Promise.reject(new Error('it must not get here')));
    const documents = [{ text: 'x'.repeat(40 * mebibyte) }];
    const call = gateway.call(importFlows, { dialect: 'langflow', documents }, { ...context, signal: leaving.signal });
    setImmediate(() => leaving.abort());
    expect(await codeOf(call)).toBe('run_cancelled');
    expect(packets).toBeLessThan(200);
  });
});
