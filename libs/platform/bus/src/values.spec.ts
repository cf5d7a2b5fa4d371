import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createKey, deleteFlows, getFlow, importFlows, listFlows, type Flow } from '@flowkeep/contracts';
import { Answers } from '@flowkeep/testing';
import { codeOf, describeSetUps, flowOf, openStand, somebody, type Stand } from './bus.spec-stand.ts';
import type { LinkBus } from './link-bus.ts';

type Document = Flow['document'];

const everyType: Document = {
  text: 'grüße, 世界 🎈 \u0000 "quoted" \\ \n line',
  lone: '\ud83c',
  number: -12.5e-3,
  large: Number.MAX_SAFE_INTEGER,
  yes: true,
  no: false,
  nothing: null,
  list: [1, [2, [3, []]], {}],
  'a key with . and *': { deep: { deeper: [{ x: 1 }] } },
  '': 'empty key',
};

const notJson: readonly [string, unknown, string][] = [
  ['a date', new Date(0), '$.documents[0].x'],
  ['not a number', Number.NaN, '$.documents[0].x'],
  ['infinity', [Number.POSITIVE_INFINITY], '$.documents[0].x[0]'],
  ['a function', () => 1, '$.documents[0].x'],
  ['a map', new Map(), '$.documents[0].x'],
  ['a hole in a list', [1, undefined], '$.documents[0].x[1]'],
  ['a symbol', Symbol('x'), '$.documents[0].x'],
  ['a big integer', 1n, '$.documents[0].x'],
  ['bytes', new Uint8Array(1), '$.documents[0].x'],
];

await describeSetUps('values', (setUp) => {
  let stand: Stand;
  let gateway: LinkBus;
  const answers = new Answers();
  const context = { caller: somebody() };
  const send = (document: unknown) =>
    gateway.call(importFlows, { dialect: 'langflow', documents: [document as Document] }, context);

  beforeAll(async () => {
    stand = await openStand(setUp);
    await stand.serve('runner', answers);
    gateway = await stand.connect('gateway');
    answers.on(importFlows, ({ documents }) =>
      Promise.resolve({ flows: documents.map(flowOf), lifted: [], bound: [] }),
    );
  });
  afterAll(() => stand.close());

  it('carries every type there and back', async () => {
    const { flows } = await send(everyType);
    expect(flows[0]?.document).toEqual(everyType);
  });

  it('leaves out what is not there', async () => {
    const { flows } = await send({ here: 1, absent: undefined });
    expect(Object.keys(flows[0]?.document ?? {})).toEqual(['here']);
  });

  it.each(notJson)('refuses %s, naming where it is', async (_name, x, path) => {
    const refused = await send({ x }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TypeError);
    expect((refused as Error).message).toContain(`${path} `);
  });

  it('refuses what contains itself or nests without end', async () => {
    const knot: Record<string, unknown> = {};
    knot['again'] = knot;
    expect(await codeOf(send(knot))).toBe('invalid_request');
    let deep: unknown = 1;
    for (let level = 0; level < 600; level++) deep = [deep];
    expect(await codeOf(send({ deep }))).toBe('invalid_request');
  });

  it('refuses a reply that is not JSON as an error of the callee', async () => {
    answers.on(deleteFlows, () => Promise.resolve({ deleted: Number.NaN }));
    expect(await codeOf(gateway.call(deleteFlows, { flowIds: [randomUUID()] }, context))).toBe('internal');
  });

  it('freezes what arrives, all the way down', async () => {
    const { flows } = await send(everyType);
    expect(Object.isFrozen(flows)).toBe(true);
    expect(Object.isFrozen(flows[0]?.document['list'])).toBe(true);
  });

  it('gives a handler nothing that it could change for the caller', async () => {
    const document = { list: [1] };
    answers.on(importFlows, ({ documents }) => {
      const reached = (documents[0] as { list: number[] }).list;
      try {
        reached.push(2);
      } catch {
        // Frozen, or a copy: either way it stays on this side.
      }
      return Promise.resolve({ flows: [], lifted: [], bound: [] });
    });
    await send(document);
    expect(document).toEqual({ list: [1] });
    answers.on(importFlows, ({ documents }) =>
      Promise.resolve({ flows: documents.map(flowOf), lifted: [], bound: [] }),
    );
  });

  it('delivers in a later turn', async () => {
    let handled = false;
    answers.on(listFlows, () => {
      handled = true;
      return Promise.resolve({ total: 0, flows: [], lifted: [], bound: [] });
    });
    const call = gateway.call(listFlows, {}, context);
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(handled).toBe(false);
    await call;
    expect(handled).toBe(true);
  });

  it('fills in defaults on the side of the callee', async () => {
    answers.on(listFlows, ({ skip, take }) =>
      Promise.resolve({ total: skip + take, flows: [], lifted: [], bound: [] }),
    );
    expect(await gateway.call(listFlows, {}, context)).toEqual({ total: 1000, flows: [], lifted: [], bound: [] });
  });

  it('names the path of what is not valid and never the value', async () => {
    const keys = await stand.serve('keys', new Answers());
    const bad = { name: 'x'.repeat(300), permissions: [7], expiresAt: 'canary-value' };
    const error: unknown = await gateway.call(createKey, bad as never, context).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'invalid_request' });
    const { issues } = error as { issues: { path: (string | number)[] }[] };
    expect(issues.map(({ path }) => path)).toEqual([['name'], ['permissions', 0], ['expiresAt']]);
    expect(JSON.stringify(issues)).not.toMatch(/canary|xxx/);
    await keys();
  });

  it('does not share one flow between two answers', async () => {
    answers.on(getFlow, ({ flowId }) => Promise.resolve({ ...flowOf({}), id: flowId }));
    const ids = [randomUUID(), randomUUID()];
    const flows = await Promise.all(ids.map((flowId) => gateway.call(getFlow, { flowId }, context)));
    expect(flows.map(({ id }) => id)).toEqual(ids);
  });
});
