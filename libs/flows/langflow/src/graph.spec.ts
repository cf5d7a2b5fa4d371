import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { encodeHandle, langflowEdge, langflowExport, langflowNode } from '@flowkeep/testing';
import { toGraph } from './graph.ts';

function edgesOf(edge: JsonObject, source = langflowNode('A-1', 'A'), target = langflowNode('B-1', 'B')) {
  return toGraph(langflowExport([source, target], [edge])).edges;
}

describe('toGraph', () => {
  it('reads nodes with their fields and outputs', () => {
    const node = langflowNode(
      'OpenAIModel-1',
      'OpenAIModel',
      {
        api_key: { type: 'str', password: true, load_from_db: true, value: 'OPENAI_API_KEY' },
        temperature: { type: 'slider', value: 0.1, advanced: true },
        tools: { list: true, show: false, display_name: 'Tools' },
      },
      ['text_output'],
    );
    const [read] = toGraph(langflowExport([node])).nodes;
    expect(read).toMatchObject({ id: 'OpenAIModel-1', type: 'OpenAIModel', displayName: 'OpenAIModel', icon: 'box' });
    expect(read?.ports).toEqual([{ name: 'text_output', displayName: 'text_output', types: ['Message'] }]);
    expect([...(read?.fields.values() ?? [])]).toEqual([
      expect.objectContaining({ name: 'api_key', secret: true, variable: true, value: 'OPENAI_API_KEY' }),
      expect.objectContaining({ name: 'temperature', type: 'slider', value: 0.1, visible: false, secret: false }),
      expect.objectContaining({ name: 'tools', displayName: 'Tools', list: true, visible: false }),
    ]);
  });

  it('skips notes, source code, private keys and entries that are no fields', () => {
    const node = langflowNode('Prompt-1', 'Prompt', { code: { type: 'code', value: 'raise SystemExit' } });
    const template = ((node['data'] as JsonObject)['node'] as JsonObject)['template'] as JsonObject;
    Object.assign(template, { _frontend_node_flow_id: { value: 'x' }, is_refresh: true, nothing: null });
    const note = { id: 'note-1', type: 'noteNode', data: { type: 'note', node: { description: 'Read me' } } };
    const { nodes } = toGraph(langflowExport([node, note]));
    expect(nodes.map(({ id }) => id)).toEqual(['Prompt-1']);
    expect(nodes[0]?.fields.size).toBe(0);
  });

  it('knows components and outputs by the names of other versions', () => {
    const { nodes, edges } = toGraph(
      langflowExport(
        [
          langflowNode('P-1', 'Prompt Template'),
          langflowNode('parser-1', 'parser'),
          langflowNode('URL-1', 'URL'),
          langflowNode('SplitText-1', 'SplitText', {}, ['chunks']),
        ],
        [langflowEdge('SplitText-1', 'chunks', 'parser-1', 'input_data')],
      ),
    );
    expect(nodes.map(({ type }) => type)).toEqual(['Prompt', 'ParserComponent', 'URLComponent', 'SplitText']);
    expect(nodes[3]?.ports[0]?.name).toBe('dataframe');
    expect(edges[0]).toMatchObject({ kind: 'value', port: 'dataframe', field: 'input_data' });
  });

  it('prefers handles as data and falls back to their text, spaced or not', () => {
    const edge = langflowEdge('A-1', 'out', 'B-1', 'in');
    expect(edgesOf({ ...edge, sourceHandle: 'nonsense', targetHandle: 'nonsense' })).toEqual([
      { kind: 'value', id: 'xy-edge__A-1-B-1', sourceId: 'A-1', targetId: 'B-1', port: 'out', field: 'in' },
    ]);
    const textOnly = Object.fromEntries(Object.entries(edge).filter(([key]) => key !== 'data'));
    const spaced = encodeHandle({ fieldName: 'in', id: 'B-1' }).replaceAll(':', ': ');
    expect(edgesOf({ ...textOnly, targetHandle: spaced })).toEqual([
      expect.objectContaining({ kind: 'value', port: 'out', field: 'in' }),
    ]);
  });

  it('tells an edge that leads back to a loop from the others', () => {
    const edge = langflowEdge('A-1', 'out', 'B-1', 'in');
    const back = { dataType: 'LoopComponent', id: 'B-1', name: 'item', output_types: ['Data'] };
    const data = { ...(edge['data'] as JsonObject), targetHandle: back };
    expect(edgesOf({ ...edge, data })).toEqual([expect.objectContaining({ kind: 'loop', port: 'item' })]);
  });

  it('keeps edges of 2023, whose handles nobody can read', () => {
    const edge = { source: 'A-1', target: 'B-1', sourceHandle: 'A|A-1|Base', targetHandle: 'Base|prompt|B-1' };
    expect(edgesOf(edge)).toEqual([{ kind: 'unreadable', id: 'A-1-B-1', sourceId: 'A-1', targetId: 'B-1' }]);
  });
});
