import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { langflowExport, langflowNode } from '@flowkeep/testing';
import { secretReference } from './secrets.ts';
import { bindEmptySecrets, bindSecret, boundVariables, hasEmptySecret, secretAt } from './variables.ts';

function node(fields: Readonly<Record<string, JsonObject>>, id = 'Model-1'): JsonObject {
  return langflowNode(id, 'Model', fields);
}

/** A node with another one grouped inside. */
function grouped(inner: JsonObject): JsonObject {
  const group = langflowNode('Group-1', 'GroupNode');
  ((group['data'] as JsonObject)['node'] as JsonObject)['flow'] = { data: { nodes: [inner], edges: [] } };
  return langflowExport([group]);
}

const secret = { password: true, display_name: 'OpenAI API Key' };

describe('empty secret fields', () => {
  const fill = (document: JsonObject) =>
    bindEmptySecrets(document, (names) => (names.has('OpenAI API Key') ? 'KEY' : undefined));

  it.each<[string, JsonObject]>([
    ['one with an empty text', { ...secret, value: '' }],
    ['one with nothing', { ...secret, value: null }],
    ['one that is marked but names no variable', { ...secret, load_from_db: true, value: '' }],
    ['one of a newer export', { _input_type: 'SecretStrInput', display_name: ' OpenAI API Key ', value: '' }],
  ])('take a variable: %s', (_, field) => {
    const json = langflowExport([node({ api_key: field })]);
    expect(hasEmptySecret(json)).toBe(true);
    expect(fill(json)).toEqual({
      document: langflowExport([node({ api_key: { ...field, load_from_db: true, value: 'KEY' } })]),
      bound: [{ nodeId: 'Model-1', field: 'api_key', variable: 'KEY' }],
    });
  });

  it.each<[string, JsonObject]>([
    ['a literal', { ...secret, value: 'sk-1' }],
    ['the name of a variable', { ...secret, load_from_db: true, value: 'OTHER' }],
    ['a field that is no secret', { display_name: 'OpenAI API Key', value: '' }],
  ])('are not %s', (_, field) => {
    const json = langflowExport([node({ api_key: field })]);
    expect(hasEmptySecret(json)).toBe(false);
    expect(fill(json)).toEqual({ document: json, bound: [] });
  });

  it('stay empty where no variable applies', () => {
    const json = langflowExport([node({ api_key: { password: true, value: '' } })]);
    const { document, bound } = fill(json);
    expect(document).toBe(json);
    expect(bound).toEqual([]);
  });

  it('are asked for by display name and name', () => {
    const asked: ReadonlySet<string>[] = [];
    bindEmptySecrets(langflowExport([node({ api_key: { ...secret, value: '' } })]), (names) => {
      asked.push(names);
      return undefined;
    });
    expect(asked).toEqual([new Set(['OpenAI API Key', 'api_key'])]);
  });

  it('are found in grouped nodes, under their own id', () => {
    const { document, bound } = fill(grouped(node({ api_key: { ...secret, value: '' } }, 'Inner-1')));
    expect(bound).toEqual([{ nodeId: 'Inner-1', field: 'api_key', variable: 'KEY' }]);
    expect(document).toEqual(grouped(node({ api_key: { ...secret, load_from_db: true, value: 'KEY' } }, 'Inner-1')));
  });
});

it('names the variables that fields take, each once, whatever the field', () => {
  const fields = {
    api_key: { ...secret, load_from_db: true, value: 'KEY' },
    base: { load_from_db: true, value: 'BASE' },
    again: { load_from_db: true, value: 'KEY' },
    empty: { load_from_db: true, value: '' },
    list: { load_from_db: true, value: ['A'] },
    literal: { load_from_db: false, value: 'LITERAL' },
  };
  expect([...boundVariables(langflowExport([node(fields)]))]).toEqual(['KEY', 'BASE']);
  const inner = node({ api_key: { ...secret, load_from_db: true, value: 'INNER' } }, 'Inner-1');
  expect([...boundVariables(grouped(inner))]).toEqual(['INNER']);
});

describe('a hidden secret', () => {
  const stored = (value: JsonObject, more: JsonObject = {}) =>
    langflowExport([
      node({ api_key: { ...secret, value, ...more } }),
      node({ url: { value: secretReference('two') } }, 'Base-1'),
    ]);

  it('is found at its place', () => {
    const document = stored(secretReference('one'));
    expect(secretAt(document, { nodeId: 'Model-1', field: 'api_key' })).toBe('one');
    expect(secretAt(document, { nodeId: 'Base-1', field: 'url' })).toBe('two');
    expect(secretAt(document, { nodeId: 'Model-1', field: 'url' })).toBeNull();
    expect(secretAt(document, { nodeId: 'Base-1', field: 'api_key' })).toBeNull();
  });

  it('gives way to a variable, and others stay', () => {
    const document = bindSecret(stored(secretReference('one')), 'one', 'KEY');
    const [model, base] = (document['data'] as { nodes: JsonObject[] }).nodes;
    expect(model).toEqual(node({ api_key: { ...secret, value: 'KEY', load_from_db: true } }));
    expect(base).toEqual(node({ url: { value: secretReference('two') } }, 'Base-1'));
  });
});
