import { describe, expect, it } from '@jest/globals';
import { sampleFlow } from '@flowkeep/admin-testing';
import { outcomeOf } from './import-outcome.ts';

describe('what came of an import', () => {
  const node = { id: 'Model-1', data: { node: { display_name: 'Language Model' } } };

  it.each([
    ['its name in Langflow', { data: { nodes: [node] } }, 'Language Model'],
    ['its label in Flowise', { nodes: [{ id: 'Model-1', data: { label: 'ChatOpenAI' } }] }, 'ChatOpenAI'],
    ['its id without a name', { data: { nodes: [{ id: 'Model-1' }] } }, 'Model-1'],
    ['its id where there is no such node', { data: { nodes: [null, 1] } }, 'Model-1'],
    ['its id without a graph', {}, 'Model-1'],
  ])('calls a node by %s', (_by, document, name) => {
    const flow = sampleFlow({ document: document });
    const lifted = [{ flowId: flow.id, nodeId: 'Model-1', field: 'api_key', kept: true }];
    const bound = [{ flowId: flow.id, nodeId: 'Model-1', field: 'token', variable: 'TOKEN' }];
    expect(outcomeOf('a.json', { flows: [flow], lifted, bound })).toEqual({
      file: 'a.json',
      problem: null,
      flows: [
        {
          id: flow.id,
          name: flow.name,
          version: 1,
          lifted: [{ nodeId: 'Model-1', node: name, field: 'api_key', kept: true, variable: null }],
          bound: [{ node: name, field: 'token', variable: 'TOKEN' }],
        },
      ],
    });
  });

  it('gives every flow its own secrets', () => {
    const [one, two] = [sampleFlow({ id: 'one' }), sampleFlow({ id: 'two' })];
    const lifted = [{ flowId: 'two', nodeId: 'n', field: 'f', kept: false }];
    const { flows } = outcomeOf('a.json', { flows: [one, two], lifted, bound: [] });
    expect(flows.map((flow) => flow.lifted.length)).toEqual([0, 1]);
  });
});
