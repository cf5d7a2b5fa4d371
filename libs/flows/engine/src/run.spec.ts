import { describe, expect, it } from '@jest/globals';
import { graphNode, graphOf, settle } from '@flowkeep/testing';
import { defineComponent } from './component.ts';
import { text } from './inputs.ts';
import type { RunOptions } from './run.ts';
import { Gate, harness, texts } from './run.spec-stand.ts';
import { DataValue, MessageValue } from './values.ts';

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
