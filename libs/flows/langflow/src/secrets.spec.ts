import { describe, expect, it } from '@jest/globals';
import { isJsonObject, type JsonObject, type JsonValue } from '@flowkeep/flow-graph';
import { langflowExport, langflowNode } from '@flowkeep/testing';
import fc from 'fast-check';
import { toGraph } from './graph.ts';
import { hideSecrets, liftSecrets, restoreReferences, type SecretLiteral, secretReference } from './secrets.ts';

const canary = 'sk-canary-5a1f';
const drop = () => '';

function node(fields: Readonly<Record<string, JsonObject>>): JsonObject {
  return langflowExport([langflowNode('Model-1', 'Model', fields)]);
}

describe('liftSecrets', () => {
  it('hands each literal to the visitor and keeps what it answers', () => {
    const seen: SecretLiteral[] = [];
    const json = node({ api_key: { password: true, value: canary }, model: { value: 'small' } });
    const { document, lifted } = liftSecrets(json, (literal) => {
      seen.push(literal);
      return { secret: 'reference', password: true, value: 'again' };
    });
    expect(seen).toEqual([{ nodeId: 'Model-1', field: 'api_key', value: canary }]);
    expect(lifted).toEqual([{ nodeId: 'Model-1', field: 'api_key' }]);
    expect(document).toEqual(
      node({
        api_key: { password: true, value: { secret: 'reference', password: true, value: 'again' } },
        model: { value: 'small' },
      }),
    );
    expect(JSON.stringify(json)).toContain(canary);
  });

  it.each<[string, JsonObject]>([
    ['a password', { password: true, value: canary }],
    ['a password of a newer export', { _input_type: 'SecretStrInput', value: canary }],
    ['a password whose mark is not quite a boolean', { password: 1, value: canary }],
    ['a password that only looks like a variable', { password: true, load_from_db: 'yes', value: canary }],
    ['a list of passwords', { password: true, list: true, value: ['', canary] }],
    ['an object of passwords', { password: true, type: 'dict', value: { a: canary } }],
    ['a connection string', { type: 'str', value: `postgres://ada:${canary}@db.example/app` }],
    ['a list with a connection string', { list: true, value: ['', `redis://:${canary}@db.example`] }],
    ['a table of headers', { type: 'table', value: [{ key: 'Authorization', value: `Bearer ${canary}` }] }],
    ['a reference that somebody wrote', { type: 'str', value: { flowkeep_secret: canary } }],
  ])('drops %s', (_, field) => {
    const { document, lifted } = liftSecrets(node({ api_token: field }), drop);
    expect(JSON.stringify(document)).not.toContain(canary);
    expect(lifted).toEqual([{ nodeId: 'Model-1', field: 'api_token' }]);
  });

  it.each<[string, JsonObject]>([
    ['the name of a variable', { password: true, load_from_db: true, value: 'OPENAI_API_KEY' }],
    ['an empty secret', { password: true, value: '' }],
    ['a secret without a value', { password: true, value: null }],
    ['an empty list', { password: true, value: [''] }],
    ['a field that only sounds secret', { password: false, value: 'text' }],
    ['source code', { type: 'code', value: `postgres://ada:${canary}@db.example/app` }],
    ['a prompt', { type: 'prompt', value: `Bearer ${canary}-0123456789` }],
    ['an address without a password', { type: 'str', value: 'postgres://db.example:5432/app' }],
  ])('keeps %s', (_, field) => {
    const json = node({ api_key: field });
    const { document, lifted } = liftSecrets(json, drop);
    expect(document).toBe(json);
    expect(lifted).toEqual([]);
  });

  it('finds secrets of nodes that are grouped inside a node, under their own id', () => {
    const inner = langflowNode('Inner-1', 'Model', { api_key: { password: true, value: canary } });
    const group = langflowNode('Group-1', 'GroupNode');
    ((group['data'] as JsonObject)['node'] as JsonObject)['flow'] = { data: { nodes: [inner], edges: [] } };
    const { document, lifted } = liftSecrets(langflowExport([group]), drop);
    expect(JSON.stringify(document)).not.toContain(canary);
    expect(lifted).toEqual([{ nodeId: 'Inner-1', field: 'api_key' }]);
  });

  it('leaves no secret and changes nothing else, wherever secrets are', () => {
    const place = fc.record({
      hidden: fc.constant({ password: true, value: canary }),
      other: fc.jsonValue({ maxDepth: 2 }),
    });
    const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constant('leaf'),
        place as fc.Arbitrary<JsonValue>,
        fc.dictionary(fc.string(), tie('tree')) as fc.Arbitrary<JsonValue>,
        fc.array(tie('tree')) as fc.Arbitrary<JsonValue>,
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tree), (json) => {
        const text = JSON.stringify(json);
        const { document, lifted } = liftSecrets(json, drop);
        expect(JSON.stringify(document)).toBe(text.replaceAll(canary, ''));
        expect(lifted).toHaveLength(text.split(canary).length - 1);
        expect(isJsonObject(document)).toBe(true);
      }),
    );
  });
});

describe('a field with a secret that nothing marks as one', () => {
  const url = (value: JsonValue) => node({ url: { type: 'str', value }, model: { value: 'small' } });
  const { document: stored } = liftSecrets(url(`https://ada:${canary}@example.com`), () => secretReference('id-1'));

  it('is shown as null, and read as a reference', () => {
    expect(hideSecrets(stored)).toEqual(url(null));
    const fields = toGraph(stored).nodes[0]?.fields;
    expect(fields?.get('url')).toMatchObject({ value: null, secret: false, secretId: 'id-1' });
  });

  it('keeps its secret when the null comes back, and loses it to anything else', () => {
    expect(restoreReferences(url(null), stored)).toEqual(stored);
    for (const value of ['', 'https://example.com', []])
      expect(restoreReferences(url(value), stored)).toEqual(url(value));
    const bound = node({ url: { type: 'str', load_from_db: true, value: null } });
    expect(restoreReferences(bound, stored)).toEqual(bound);
  });

  it('has nothing put into fields that never held a secret', () => {
    const other = node({ url: { type: 'str', value: '' }, model: { value: null } });
    expect(restoreReferences(other, stored)).toEqual(other);
  });
});
