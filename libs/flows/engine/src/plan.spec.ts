import { describe, expect, it } from '@jest/globals';
import type { Graph } from '@flowkeep/flow-graph';
import { graphNode, graphOf } from '@flowkeep/testing';
import { defineComponent, registryOf } from './component.ts';
import { compile } from './plan.ts';
import { answer, join, source } from './run.spec-stand.ts';

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
