import { describe, expect, it } from '@jest/globals';
import { DomainError, type FieldIssue } from '@flowkeep/contracts';
import type { JsonObject, JsonValue } from '@flowkeep/flow-graph';
import { langflowExport, langflowNode } from '@flowkeep/testing';
import fc from 'fast-check';
import { documentLimits } from './bounds.ts';
import { readLangflowDocument, splitLangflowCollection } from './document.ts';
import { toGraph } from './graph.ts';
import { liftSecrets } from './secrets.ts';

function issuesOf(json: unknown): readonly FieldIssue[] {
  try {
    readLangflowDocument(json);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'flow_invalid') return error.issues ?? [];
    throw error;
  }
  throw new Error('The document was accepted.');
}

describe('readLangflowDocument', () => {
  it('reads the envelope and gives the document back as it is', () => {
    const json = langflowExport([langflowNode('Webhook-1', 'Webhook')], [], {
      id: 'AB7C3F70-2A55-4D4E-9A6E-0D3F7A1B2C3D',
      endpoint_name: 'greet',
      is_component: true,
      unknown: { kept: [1, 2] },
    });
    const before = structuredClone(json);
    const { summary, document } = readLangflowDocument(json);
    expect(summary).toEqual({
      id: 'ab7c3f70-2a55-4d4e-9a6e-0d3f7a1b2c3d',
      name: 'A flow',
      description: 'What it does',
      endpointName: 'greet',
      component: true,
      webhook: true,
    });
    expect(document).toBe(json);
    expect(document).toEqual(before);
  });

  it('reads a graph without an envelope', () => {
    const { summary } = readLangflowDocument({ nodes: [langflowNode('Webhook-1', 'Webhook')], edges: [] });
    expect(summary).toMatchObject({ name: 'Untitled flow', webhook: true, id: null, endpointName: null });
  });

  it('reads a flow that has no graph yet', () => {
    const { summary, document } = readLangflowDocument({ name: 'Empty', endpoint_name: '' });
    expect(summary).toMatchObject({ name: 'Empty', endpointName: null, webhook: false });
    expect(toGraph(document)).toEqual({ nodes: [], edges: [] });
  });

  it('takes no id that is none', () => {
    expect(readLangflowDocument(langflowExport([], [], { id: 'my flow' })).summary.id).toBeNull();
  });

  it.each<[string, unknown, (string | number)[]]>([
    ['no object', [], []],
    ['null', null, []],
    ['a function', () => 1, []],
    ['an empty object', {}, ['name']],
    ['an empty name', langflowExport([], [], { name: ' ' }), ['name']],
    ['a name with NUL', langflowExport([], [], { name: 'a\u0000b' }), ['name']],
    ['a name with half a character', langflowExport([], [], { name: 'a\ud83d' }), ['name']],
    ['a name that is a number', langflowExport([], [], { name: 7 }), ['name']],
    ['an endpoint name with a slash', langflowExport([], [], { endpoint_name: 'a/b' }), ['endpoint_name']],
    ['nodes that are no list', { name: 'a', data: { nodes: {}, edges: [] } }, ['data', 'nodes']],
    ['a node without an id', langflowExport([{ data: {} }]), ['data', 'nodes', 0, 'id']],
    ['a node without data', langflowExport([{ id: 'a' }]), ['data', 'nodes', 0, 'data']],
    ['an edge without a target', langflowExport([], [{ source: 'a' }]), ['data', 'edges', 0, 'target']],
    ['a number JSON does not have', langflowExport([], [], { tags: [1, Number.NaN] as JsonValue }), ['tags', 1]],
  ])('refuses %s and names the place', (_, json, path) => {
    expect(issuesOf(json).map((issue) => issue.path)).toContainEqual(path);
  });

  it('says what an endpoint name may hold', () => {
    expect(issuesOf(langflowExport([], [], { endpoint_name: 'ä' }))[0]?.message).toBe(
      'Endpoint name must contain only letters, numbers, hyphens, and underscores',
    );
  });

  it('refuses more nodes than the limit', () => {
    const nodes = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `n${index}`, data: {} }));
    expect(() => readLangflowDocument(langflowExport(nodes(documentLimits.nodes)))).not.toThrow();
    expect(issuesOf(langflowExport(nodes(documentLimits.nodes + 1)))[0]).toMatchObject({
      path: ['data', 'nodes'],
      code: 'too_big',
    });
  });

  it('refuses a document nested a hundred thousand deep without running out of stack', () => {
    const json = JSON.parse(`{"name":"deep","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) as unknown;
    expect(issuesOf(json)[0]).toMatchObject({ code: 'too_deep', path: expect.arrayContaining(['x']) });
  });

  it('refuses a text longer than the limit', () => {
    const json = langflowExport([], [], { tags: ['x'.repeat(documentLimits.stringLength + 1)] });
    expect(issuesOf(json)).toEqual([{ path: ['tags', 0], code: 'too_big', message: 'This text is too long.' }]);
  });

  it('keeps keys named after parts of a prototype as mere keys', () => {
    const json = JSON.parse(
      '{"name":"a","__proto__":{"polluted":1},"data":{"nodes":[{"id":"n","__proto__":{"polluted":1},' +
        '"data":{"type":"ChatInput","constructor":{"prototype":{"polluted":1}},"node":{"template":' +
        '{"__proto__":{"type":"str","value":"p"},"constructor":{"type":"str","value":"c"},' +
        '"key":{"password":true,"value":"canary"}}}}}],"edges":[]}}',
    ) as JsonObject;
    const text = JSON.stringify(json).replace('canary', '');
    const { document } = liftSecrets(readLangflowDocument(json).document, () => '');
    expect(JSON.stringify(document)).toBe(text);
    expect(toGraph(document).nodes[0]?.fields.get('constructor')?.value).toBe('c');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('throws nothing but DomainError and changes nothing, whatever it is given', () => {
    const nodes = fc.array(
      fc.oneof(
        fc.jsonValue({ maxDepth: 4 }),
        fc.record({
          id: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'ChatInput-1')),
          type: fc.constantFrom('genericNode', 'noteNode', 3),
          data: fc.record({
            type: fc.jsonValue({ maxDepth: 1 }),
            node: fc.record({ template: fc.jsonValue(), outputs: fc.jsonValue(), display_name: fc.jsonValue() }),
          }),
        }),
      ),
      { maxLength: 5 },
    );
    const edges = fc.array(
      fc.record({
        source: fc.string(),
        target: fc.string(),
        sourceHandle: fc.oneof(fc.string(), fc.constant('A|b|C'), fc.constant('{œnameœ:œaœ}')),
        targetHandle: fc.jsonValue({ maxDepth: 2 }),
        data: fc.jsonValue({ maxDepth: 3 }),
      }),
      { maxLength: 5 },
    );
    const documents = fc.oneof(
      fc.jsonValue(),
      fc.record({ name: fc.string(), data: fc.record({ nodes, edges }), extra: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(documents, (json) => {
        const before = JSON.stringify(json);
        try {
          for (const part of splitLangflowCollection(json as JsonValue)) {
            const { document } = readLangflowDocument(part);
            toGraph(document);
            liftSecrets(document, () => '');
          }
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          expect(error.code).toBe('flow_invalid');
        }
        expect(JSON.stringify(json)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });
});

describe('splitLangflowCollection', () => {
  it('takes a single flow as a collection of one', () => {
    const json = langflowExport([]);
    expect(splitLangflowCollection(json)).toEqual([json]);
  });

  it('gives the members of a collection', () => {
    expect(splitLangflowCollection({ flows: [{ name: 'a' }, { name: 'b' }] })).toEqual([{ name: 'a' }, { name: 'b' }]);
  });

  it('refuses flows that are no list', () => {
    expect(() => splitLangflowCollection({ flows: 3 })).toThrow(expect.objectContaining({ code: 'flow_invalid' }));
  });
});
