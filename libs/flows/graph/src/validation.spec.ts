import { describe, expect, it } from '@jest/globals';
import type { Graph, GraphEdge, GraphNode } from './model.ts';
import { validateGraph } from './validation.ts';

const node = (id: string): GraphNode => ({ id, type: 'Any', displayName: id, icon: '', fields: new Map(), ports: [] });
const edge = (sourceId: string, targetId: string): GraphEdge => ({
  kind: 'value',
  id: `${sourceId}-${targetId}`,
  sourceId,
  targetId,
  port: 'out',
  field: 'in',
});
const graph = (ids: string[], edges: GraphEdge[]): Graph => ({ nodes: ids.map(node), edges });

describe('validateGraph', () => {
  it('has nothing to say about a tree', () => {
    expect(validateGraph(graph(['a', 'b', 'c'], [edge('a', 'b'), edge('a', 'c')]))).toEqual([]);
  });

  it('names a node that appears twice', () => {
    expect(validateGraph(graph(['a', 'a'], []))).toEqual([
      { code: 'duplicate_node', nodeId: 'a', message: 'Two nodes have the id "a".' },
    ]);
  });

  it('names both ends of an edge that starts or ends nowhere', () => {
    const issues = validateGraph(graph(['a'], [edge('x', 'a'), edge('a', 'y')]));
    expect(issues.map(({ code, nodeId }) => [code, nodeId])).toEqual([
      ['missing_source', 'x'],
      ['missing_target', 'y'],
    ]);
    expect(issues[0]?.message).toContain('between "x" and "a"');
  });

  it('refuses edges it cannot read and loops, naming the node they end at', () => {
    const issues = validateGraph(
      graph(
        ['a', 'b'],
        [
          { kind: 'unreadable', id: '1', sourceId: 'a', targetId: 'b' },
          { kind: 'loop', id: '2', sourceId: 'b', targetId: 'a', port: 'item' },
        ],
      ),
    );
    expect(issues.map(({ code, nodeId }) => [code, nodeId])).toEqual([
      ['unreadable_edge', 'b'],
      ['loop_edge', 'a'],
    ]);
  });

  it('names the nodes of a cycle', () => {
    const [issue] = validateGraph(graph(['in', 'a', 'b'], [edge('in', 'a'), edge('a', 'b'), edge('b', 'a')]));
    expect(issue?.code).toBe('cycle');
    expect(issue?.message).toMatch(/^These nodes wait for each other: "(a", "b|b", "a)"\.$/);
  });

  it('shows no more than the start of a long name', () => {
    const id = 'x'.repeat(5000);
    expect(validateGraph(graph([id, id], []))[0]?.message.length).toBeLessThan(200);
  });
});
