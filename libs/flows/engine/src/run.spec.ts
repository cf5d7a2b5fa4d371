import { describe, expect, it } from '@jest/globals';
import type { Graph } from '@flowkeep/flow-graph';
import { graphNode, graphOf, settle, TestClock } from '@flowkeep/testing';
import { type Component, defineComponent, registryOf } from './component.ts';
import type { NodeTrace, RunEvent } from './events.ts';
import { streamableText, text } from './inputs.ts';
import { defaultLimits, type RunLimits } from './limits.ts';
import { noOverrides } from './overrides.ts';
import { compile } from './plan.ts';
import { run, type RunOptions } from './run.ts';
import { TextStream } from './text-stream.ts';
import { DataValue, MessageValue } from './values.ts';

/** A step that ends when the test says so. */
class Gate {
  readonly open: () => void;
  readonly passed: Promise<void>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.passed = promise;
    this.open = resolve;
  }
}

const source = defineComponent({
  type: 'Source',
  takesInput: { channel: 'text', field: 'value' },
  inputs: { value: text('nothing') },
  outputs: { out: 'Message' },
  run: ({ value }) => ({ out: new MessageValue(value) }),
});

const join = defineComponent({
  type: 'Join',
  inputs: { left: text(), right: text() },
  outputs: { out: 'Message' },
  run: ({ left, right }) => ({ out: new MessageValue(left + right) }),
});

const answer = defineComponent({
  type: 'Answer',
  givesOutput: 'chat',
  inputs: { value: streamableText() },
  outputs: { message: 'Message' },
  run: ({ value }, context) => ({
    message: context.say({
      sender: 'Machine',
      senderName: 'AI',
      text: value,
      files: [],
      store: true,
      from: 'value',
    }),
  }),
});

function harness(graph: Graph, more: readonly Component[] = [], options: Partial<RunOptions> = {}) {
  const clock = new TestClock();
  const events: RunEvent[] = [];
  let ids = 0;
  const outcome = run(compile(graph, registryOf([source, join, answer, ...more])), {
    flowId: 'flow',
    sessionId: 'session',
    input: null,
    inputType: 'any',
    outputType: 'debug',
    outputNodeId: null,
    overrides: noOverrides,
    clock,
    newId: () => `id-${++ids}`,
    emit: (event) => void events.push(event),
    ...options,
  });
  outcome.catch(() => undefined);
  return { outcome, clock, events };
}

const texts = async (outcome: ReturnType<typeof run>) =>
  Object.fromEntries(
    (await outcome).map(({ nodeId, value }) => [nodeId, value.type === 'message' ? value.message.text : value.data]),
  );

const limits = (changed: Partial<RunLimits>): RunLimits => ({ ...defaultLimits, ...changed });

describe('run', () => {
  it('answers nothing for a flow without nodes', async () => {
    await expect(harness(graphOf([])).outcome).resolves.toEqual([]);
  });

  it('carries values along edges, to several nodes and from several', async () => {
    const graph = graphOf(
      [
        graphNode('last', 'Join'),
        graphNode('a', 'Source', { value: 'A' }),
        graphNode('b', 'Source', { value: 'B' }),
        graphNode('ab', 'Join'),
      ],
      ['a.out > ab.left', 'b.out > ab.right', 'ab.out > last.left', 'a.out > last.right'],
    );
    expect(await texts(harness(graph).outcome)).toEqual({ a: 'A', b: 'B', ab: 'AB', last: 'ABA' });
  });

  it('lets an edge win over the setting, and the setting stand without one', async () => {
    const graph = graphOf(
      [graphNode('a', 'Source', { value: 'edge' }), graphNode('j', 'Join', { left: 'setting', right: ' kept' })],
      ['a.out > j.left'],
    );
    expect(await texts(harness(graph).outcome)).toMatchObject({ j: 'edge kept' });
  });

  it('runs branches side by side and a node only after all it depends on', async () => {
    const gates = { a: new Gate(), b: new Gate() };
    const started: string[] = [];
    const slow = defineComponent({
      type: 'Slow',
      inputs: { name: text() },
      outputs: { out: 'Message' },
      run: async ({ name }) => {
        started.push(name);
        await gates[name as 'a' | 'b'].passed;
        return { out: new MessageValue(name) };
      },
    });
    const graph = graphOf(
      [graphNode('x', 'Slow', { name: 'a' }), graphNode('y', 'Slow', { name: 'b' }), graphNode('j', 'Join')],
      ['x.out > j.left', 'y.out > j.right'],
    );
    const { outcome } = harness(graph, [slow]);
    expect(started).toEqual(['a', 'b']);
    gates.b.open();
    await settle();
    gates.a.open();
    expect(await texts(outcome)).toMatchObject({ j: 'ab' });
  });

  it('gives the input to the input nodes of the wanted channel only', async () => {
    const graph = graphOf([graphNode('one', 'Source', { value: 'saved' })]);
    expect(await texts(harness(graph, [], { input: 'given', inputType: 'text' }).outcome)).toEqual({ one: 'given' });
    expect(await texts(harness(graph, [], { input: 'given', inputType: 'any' }).outcome)).toEqual({ one: 'given' });
    expect(await texts(harness(graph, [], { input: 'given', inputType: 'chat' }).outcome)).toEqual({ one: 'saved' });
    expect(await texts(harness(graph, [], { input: null, inputType: 'text' }).outcome)).toEqual({ one: 'saved' });
  });

  it('goes by the word in a node id too, as Langflow does', async () => {
    const graph = graphOf([graphNode('MyChatSource-1', 'Source')]);
    expect(await texts(harness(graph, [], { input: 'x', inputType: 'chat' }).outcome)).toEqual({
      'MyChatSource-1': 'x',
    });
  });

  it('answers with the outputs that are wanted', async () => {
    const graph = graphOf(
      [graphNode('a', 'Source', { value: 'A' }), graphNode('out', 'Answer')],
      ['a.out > out.value'],
    );
    const nodes = async (options: Partial<RunOptions>) =>
      (await harness(graph, [], options).outcome).map(({ nodeId }) => nodeId);
    expect(await nodes({ outputType: 'chat' })).toEqual(['out']);
    expect(await nodes({ outputType: 'any' })).toEqual(['out']);
    expect(await nodes({ outputType: 'text' })).toEqual([]);
    expect(await nodes({ outputType: 'debug' })).toEqual(['a', 'out']);
    expect(await nodes({ outputType: 'chat', outputNodeId: 'a' })).toEqual(['a']);
    expect(await nodes({ outputType: 'text', outputNodeId: '' })).toEqual([]);
    await expect(nodes({ outputNodeId: 'z' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'The flow has no node "z".',
    });
  });

  it('describes an output in full', async () => {
    const graph = graphOf(
      [graphNode('a', 'Source', { value: 'A' }), graphNode('out', 'Answer')],
      ['a.out > out.value'],
    );
    const { outcome, clock } = harness(graph, [], { outputType: 'chat' });
    expect(await outcome).toEqual([
      {
        nodeId: 'out',
        nodeType: 'Answer',
        displayName: 'Answer (out)',
        port: 'message',
        value: {
          type: 'message',
          stored: true,
          message: {
            id: 'id-1',
            flowId: 'flow',
            sessionId: 'session',
            at: clock.now(),
            sender: 'Machine',
            senderName: 'AI',
            text: 'A',
            files: [],
            error: false,
            source: { nodeId: 'a', displayName: 'Source (a)', model: null },
            icon: 'Source-icon',
          },
        },
      },
    ]);
  });

  it('answers data as data', async () => {
    const data = defineComponent({
      type: 'Numbers',
      inputs: {},
      outputs: { data: 'Data' },
      run: () => ({ data: new DataValue({ numbers: [1, 2] }) }),
    });
    expect(await texts(harness(graphOf([graphNode('d', 'Numbers')]), [data]).outcome)).toEqual({
      d: { numbers: [1, 2] },
    });
  });
});

describe('failures of a run', () => {
  it('names node and type of a component nobody knows, when it gets there', async () => {
    const graph = graphOf(
      [graphNode('a', 'Source'), graphNode('Magic-1', 'Magic'), graphNode('out', 'Answer')],
      ['a.out > Magic-1.value', 'Magic-1.out > out.value'],
    );
    await expect(harness(graph).outcome).rejects.toMatchObject({
      code: 'component_unknown',
      message: expect.stringMatching(/"Magic-1".*"Magic".*Remove the node/),
    });
  });

  it('names the node whose component failed and keeps the reason for the log', async () => {
    const broken = defineComponent({
      type: 'Broken',
      inputs: {},
      outputs: {},
      run: () => {
        throw new TypeError('inner reason');
      },
    });
    const error: unknown = await harness(graphOf([graphNode('b-1', 'Broken')]), [broken]).outcome.catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      code: 'run_failed',
      message: 'The node "b-1" ("Broken") failed.',
      detail: 'inner reason',
    });
  });

  it('asks for a variable that nobody can give', async () => {
    const graph = graphOf([graphNode('a', 'Source', { value: 'GREETING' }, { value: { variable: true } })]);
    await expect(harness(graph).outcome).rejects.toMatchObject({
      code: 'run_failed',
      message: expect.stringContaining('"GREETING"'),
    });
    expect(
      await texts(harness(graph, [], { overrides: new Map([['a', new Map([['value', 'Hello']])]]) }).outcome),
    ).toEqual({ a: 'Hello' });
  });

  it('stops the other branches when one fails, and their components know', async () => {
    const aborted: unknown[] = [];
    const gate = new Gate();
    const waiting = defineComponent({
      type: 'Waiting',
      inputs: {},
      outputs: {},
      run: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason);
            resolve({});
          });
        }),
    });
    const failing = defineComponent({
      type: 'Failing',
      inputs: {},
      outputs: {},
      run: async () => {
        await gate.passed;
        throw new Error('no');
      },
    });
    const { outcome } = harness(graphOf([graphNode('w', 'Waiting'), graphNode('f', 'Failing')]), [waiting, failing]);
    gate.open();
    await expect(outcome).rejects.toMatchObject({ code: 'run_failed' });
    expect(aborted).toHaveLength(1);
  });

  it('ends a node and a run that take too long', async () => {
    const endless = defineComponent({
      type: 'Endless',
      inputs: {},
      outputs: {},
      run: () => new Promise(() => undefined),
    });
    const graph = graphOf([graphNode('e-1', 'Endless')]);
    const node = harness(graph, [endless], { limits: limits({ nodeMs: 1_000 }) });
    await node.clock.advance(1_000);
    await expect(node.outcome).rejects.toMatchObject({
      code: 'run_limit_exceeded',
      message: 'The node "e-1" took longer than 1000 ms.',
    });
    const whole = harness(graph, [endless], { limits: limits({ runMs: 2_000, nodeMs: 9_000 }) });
    await whole.clock.advance(1_999);
    await whole.clock.advance(1);
    await expect(whole.outcome).rejects.toMatchObject({ message: 'The run took longer than 2000 ms.' });
  });

  it('leaves no timer behind', async () => {
    const gate = new Gate();
    const slow = defineComponent({ type: 'Slow', inputs: {}, outputs: {}, run: async () => (await gate.passed, {}) });
    let timers = 0;
    const clock = new TestClock();
    const counting = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs: number, work: () => void) => {
        timers++;
        let live = true;
        const cancel = clock.after(delayMs, work);
        return () => {
          if (live) timers--;
          live = false;
          cancel();
        };
      },
    };
    const { outcome } = harness(graphOf([graphNode('s', 'Slow')]), [slow], { clock: counting });
    expect(timers).toBe(2);
    gate.open();
    await outcome;
    expect(timers).toBe(0);
  });

  it('is cancelled by its signal at once, before and during the run', async () => {
    const endless = defineComponent({
      type: 'Endless',
      inputs: {},
      outputs: {},
      run: () => new Promise(() => undefined),
    });
    const graph = graphOf([graphNode('e', 'Endless')]);
    const controller = new AbortController();
    const { outcome } = harness(graph, [endless], { signal: controller.signal });
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'run_cancelled' });
    await expect(harness(graph, [endless], { signal: controller.signal }).outcome).rejects.toMatchObject({
      code: 'run_cancelled',
    });
  });

  it('stops a run that produces too much text, however many nodes it takes', async () => {
    const row = Array.from({ length: 60 }, (_, index) => graphNode(`j${index}`, 'Join'));
    const edges = row
      .slice(1)
      .flatMap((_, index) => [`j${index}.out > j${index + 1}.left`, `j${index}.out > j${index + 1}.right`]);
    const graph = graphOf([graphNode('s', 'Source', { value: 'ab' }), ...row], ['s.out > j0.left', ...edges]);
    await expect(harness(graph).outcome).rejects.toMatchObject({ code: 'run_limit_exceeded' });
  });
});

describe('streams of a run', () => {
  function writer(chunks: () => AsyncIterable<string>): Component {
    return defineComponent({
      type: 'Writer',
      inputs: {},
      outputs: { out: 'Message' },
      run: () => ({ out: new MessageValue(new TextStream(chunks())) }),
    });
  }
  const graph = graphOf(
    [graphNode('w', 'Writer'), graphNode('out', 'Answer'), graphNode('j', 'Join', { right: '!' })],
    ['w.out > out.value', 'w.out > j.left'],
  );

  it('tells a message as it is written, and gives the whole text to those who need it', async () => {
    async function* chunks() {
      yield 'Hel';
      await settle();
      yield 'lo';
    }
    const { outcome, events } = harness(graph, [writer(chunks)]);
    expect(await texts(outcome)).toEqual({ w: 'Hello', out: 'Hello', j: 'Hello!' });
    expect(
      events.map((event) => (event.type === 'token' ? event.text : `${event.state}: ${event.message.text}`)),
    ).toEqual(['partial: ', 'Hel', 'lo', 'complete: Hello']);
    const ids = new Set(events.map((event) => (event.type === 'token' ? event.messageId : event.message.id)));
    expect(ids.size).toBe(1);
  });

  it('asks for no further text while the listener is busy', async () => {
    let asked = 0;
    async function* chunks() {
      for (; asked < 10; asked++) yield 'x';
    }
    const gate = new Gate();
    const only = graphOf([graphNode('w', 'Writer'), graphNode('out', 'Answer')], ['w.out > out.value']);
    const { outcome } = harness(only, [writer(chunks)], {
      emit: (event) => (event.type === 'token' ? gate.passed : undefined),
    });
    await settle();
    expect(asked).toBe(0);
    gate.open();
    await outcome;
    expect(asked).toBe(10);
  });

  it('tells the source when the run is cancelled', async () => {
    let closed = false;
    async function* chunks() {
      try {
        for (;;) {
          yield 'x';
          await settle();
        }
      } finally {
        closed = true;
      }
    }
    const controller = new AbortController();
    const { outcome } = harness(graph, [writer(chunks)], {
      signal: controller.signal,
      limits: limits({ textLength: 1_000_000_000 }),
    });
    await settle();
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'run_cancelled' });
    await settle();
    expect(closed).toBe(true);
  });

  it('stops an endless text at the limit', async () => {
    async function* chunks() {
      for (;;) yield 'x'.repeat(1_000);
    }
    await expect(harness(graph, [writer(chunks)]).outcome).rejects.toMatchObject({ code: 'run_limit_exceeded' });
  });

  it('fails every reader when the source fails', async () => {
    async function* chunks() {
      yield 'x';
      throw new Error('provider gone');
    }
    await expect(harness(graph, [writer(chunks)]).outcome).rejects.toMatchObject({
      code: 'run_failed',
      detail: 'provider gone',
    });
  });
});

describe('the trace of a run', () => {
  it('shows what each node got and gave, without secrets and within its size', async () => {
    const traces: NodeTrace[] = [];
    const model = defineComponent({
      type: 'Model',
      inputs: { key: text(), prompt: text() },
      outputs: { out: 'Message' },
      run: ({ prompt }) => ({ out: new MessageValue(prompt.toUpperCase()) }),
    });
    const graph = graphOf([
      graphNode('m', 'Model', { key: 'sk-canary', prompt: 'ß'.repeat(100_000) }, { key: { secret: true } }),
    ]);
    await harness(graph, [model], { trace: (trace) => void traces.push(trace) }).outcome;
    expect(traces).toEqual([expect.objectContaining({ nodeId: 'm', nodeType: 'Model', status: 'done' })]);
    expect(traces[0]?.inputs).toMatchObject({ key: '••••••' });
    const written = JSON.stringify(traces);
    expect(written).not.toContain('sk-canary');
    expect(Buffer.byteLength(written)).toBeLessThan(8 * 1024);
  });

  it('keeps within its size with many fields', async () => {
    const traces: NodeTrace[] = [];
    const wide = defineComponent({
      type: 'Wide',
      inputs: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`field${index}`, text('x'.repeat(400))])),
      outputs: {},
      run: () => ({}),
    });
    await harness(graphOf([graphNode('w', 'Wide')]), [wide], { trace: (trace) => void traces.push(trace) }).outcome;
    expect(Buffer.byteLength(JSON.stringify(traces[0]))).toBeLessThan(8 * 1024);
  });

  it('tells of failures', async () => {
    const traces: NodeTrace[] = [];
    const broken = defineComponent({
      type: 'Broken',
      inputs: {},
      outputs: {},
      run: () => {
        throw new Error('no');
      },
    });
    const { outcome } = harness(graphOf([graphNode('b', 'Broken')]), [broken], {
      trace: (trace) => void traces.push(trace),
    });
    await expect(outcome).rejects.toMatchObject({ code: 'run_failed' });
    expect(traces).toEqual([expect.objectContaining({ status: 'failed' })]);
  });
});

describe('compile', () => {
  const compiled = (graph: Graph) => () => compile(graph, registryOf([source, join, answer]));

  it('refuses more nodes than a run may have', () => {
    const nodes = (count: number) =>
      graphOf(Array.from({ length: count }, (_, index) => graphNode(`n${index}`, 'Source')));
    expect(compiled(nodes(1_000))).not.toThrow();
    expect(compiled(nodes(1_001))).toThrow(expect.objectContaining({ code: 'run_limit_exceeded' }));
  });

  it.each<[string, Graph, RegExp]>([
    ['a cycle', graphOf([graphNode('a', 'Join')], ['a.out > a.left']), /wait for each other: "a"/],
    [
      'an output that does not exist',
      graphOf([graphNode('a', 'Source'), graphNode('b', 'Join')], ['a.x > b.left']),
      /"a".*"x"/,
    ],
    [
      'an edge that is not there any more',
      { ...graphOf([graphNode('a', 'Source')]), edges: [{ kind: 'unreadable', id: '', sourceId: 'a', targetId: 'a' }] },
      /invalid handles/,
    ],
  ])('refuses %s and names the node', (_, graph, message) => {
    expect(compiled(graph)).toThrow(
      expect.objectContaining({ code: 'run_failed', message: expect.stringMatching(message) }),
    );
  });

  it('refuses an edge whose ends have different types', () => {
    const picky = defineComponent({
      type: 'Picky',
      inputs: { data: { accepts: ['Data'], streaming: false, read: () => null } },
      outputs: {},
      run: () => ({}),
    });
    const graph = graphOf([graphNode('a', 'Source'), graphNode('p', 'Picky')], ['a.out > p.data']);
    expect(() => compile(graph, registryOf([source, picky]))).toThrow(/"data".*does not take Message/);
  });
});
