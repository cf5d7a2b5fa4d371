import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { graphNode, graphOf } from '@flowkeep/testing';
import { defineComponent, registryOf } from './component.ts';
import { credentialNeeds, refuseRedirection } from './credentials.ts';
import { destination, text } from './inputs.ts';
import { noOverrides, readOverrides } from './overrides.ts';
import { compile } from './plan.ts';
import { harness, source, texts } from './run.spec-stand.ts';
import { MessageValue } from './values.ts';

const model = defineComponent({
  type: 'Model',
  inputs: { api_key: text(), where: destination(), prompt: text(), session_id: text() },
  standIns: (setting) => (setting('prompt') === 'alone' ? {} : { api_key: 'KEY', where: 'ADDRESS' }),
  outputs: { out: 'Message' },
  run: (inputs) => {
    got = inputs;
    return { out: new MessageValue(JSON.stringify(inputs)) };
  },
});

/** What the model was given last: the run itself tells no secrets. */
let got: Readonly<Record<string, string>> = {};

const secret = { api_key: { secret: true } };

function planOf(fields: JsonObject, about: Parameters<typeof graphNode>[3] = secret) {
  return compile(graphOf([graphNode('M', 'Model', fields, about)]), registryOf([source, model]));
}

const supplied = (...names: string[]) => new Set(names);

describe('what a run needs of the vault', () => {
  it.each<[string, JsonObject, Parameters<typeof graphNode>[3], string[]]>([
    ['the variables that a flow names', { api_key: 'MINE', where: 'x' }, { api_key: { variable: true } }, ['MINE']],
    [
      'the secrets of the flow',
      { where: 'x', api_key: null },
      { api_key: { secret: true, secretId: 's' } },
      ['KEY', 's'],
    ],
    ['what stands in for empty fields', { api_key: '', where: '' }, secret, ['ADDRESS', 'KEY']],
    ['nothing for what is set', { api_key: 'sk', where: 'x' }, secret, []],
  ])('is %s', (_what, fields, about, expected) => {
    const { variables, secretIds } = credentialNeeds(planOf(fields, about), noOverrides);
    expect([...variables, ...secretIds].sort()).toEqual(expected);
  });

  it('leaves out what the caller brings, and follows what the caller chooses', () => {
    const plan = planOf({ api_key: '', where: '', prompt: '' });
    const needs = (overrides: JsonObject) => [
      ...credentialNeeds(plan, readOverrides(plan, { overrides, input: null, inputType: 'any' }, 'all-fields'))
        .variables,
    ];
    expect(needs({ M: { api_key: 'sk-own' } })).toEqual(['ADDRESS']);
    expect(needs({ M: { prompt: 'alone' } })).toEqual([]);
  });
});

describe('what a caller may redirect', () => {
  const check = (fields: JsonObject, overrides: JsonObject, names: string[] = [], about = secret) => {
    const plan = planOf(fields, about);
    const read = readOverrides(plan, { overrides, input: null, inputType: 'any' }, 'all-fields');
    return () => refuseRedirection(plan, read, supplied(...names));
  };
  const refused = expect.objectContaining({
    code: 'override_refused',
    message: expect.stringMatching(/"where" of the node "M"/),
  });
  const blank = { api_key: '', where: '', prompt: '' };

  it.each<[string, JsonObject, JsonObject, string[]]>([
    ['the address of a node with a stand-in key', blank, { M: { where: 'http://evil' } }, []],
    ['the same by the name of the field alone', blank, { where: 'http://evil' }, []],
    ['the variable that holds the address', blank, {}, ['ADDRESS']],
  ])('not %s', (_what, fields, overrides, names) => {
    expect(check(fields, overrides, names)).toThrow(refused);
  });

  it.each<[string, Parameters<typeof graphNode>[3]]>([
    ['a named variable', { api_key: { secret: true, variable: true } }],
    ['a secret of the flow', { api_key: { secret: true, secretId: 's' } }],
  ])('not the address of a node with %s', (_what, about) => {
    expect(check({ ...blank, api_key: 'MINE' }, { M: { where: 'http://evil' } }, [], about as typeof secret)).toThrow(
      refused,
    );
  });

  it.each<[string, JsonObject, string[]]>([
    ['with a key of the same request', { M: { where: 'http://mine', api_key: 'sk-own' } }, []],
    ['with the variable of the key', { M: { where: 'http://mine' } }, ['KEY']],
    ['with both as variables', {}, ['ADDRESS', 'KEY']],
    ['nothing at all', { M: { prompt: 'x' } }, ['KEY']],
  ])('but %s', (_what, overrides, names) => {
    expect(check(blank, overrides, names)).not.toThrow();
  });

  it('not the address of a component nobody knows, by the name of the field', () => {
    const fields = { token: 'T', mcp_server: 'a' };
    const node = graphNode('M', 'Unknown', fields, { token: { secret: true, variable: true } });
    const plan = compile(graphOf([node]), registryOf([]));
    const overrides = new Map([['M', new Map([['mcp_server', 'http://evil']])]]);
    expect(() => refuseRedirection(plan, overrides, supplied())).toThrow(
      expect.objectContaining({ code: 'override_refused' }),
    );
  });
});

describe('a run', () => {
  const graph = (fields: JsonObject, about: Parameters<typeof graphNode>[3] = secret) =>
    graphOf([graphNode('M', 'Model', fields, about)]);
  const run = async (fields: JsonObject, about: Parameters<typeof graphNode>[3] = secret) => {
    const credentials = {
      variables: new Map([
        ['KEY', { value: 'sk-of-the-owner', credential: true }],
        ['PLAIN', { value: 'talk', credential: false }],
      ]),
      secrets: new Map([['s', 'sk-of-the-flow']]),
    };
    const { M } = await texts(harness(graph(fields, about), [model], { credentials }).outcome);
    expect(M).not.toContain('sk-of-the');
    return got;
  };

  it('gets what lies in the vault', async () => {
    expect(await run({ api_key: '', where: '' })).toMatchObject({ api_key: 'sk-of-the-owner', where: '' });
    expect(await run({ api_key: null }, { api_key: { secret: true, secretId: 's' } })).toMatchObject({
      api_key: 'sk-of-the-flow',
    });
    expect(await run({ session_id: 'PLAIN' }, { session_id: { variable: true } })).toMatchObject({
      session_id: 'talk',
    });
  });

  it('says which secret is gone', async () => {
    await expect(run({ api_key: null }, { api_key: { secret: true, secretId: 'gone' } })).rejects.toMatchObject({
      code: 'variable_unreadable',
      message: expect.stringContaining('"api_key" of the node "M"'),
    });
  });

  it('never names a session after a credential', async () => {
    await expect(run({ session_id: 'KEY' }, { session_id: { variable: true } })).rejects.toMatchObject({
      code: 'run_failed',
      message: expect.stringContaining('"KEY"'),
    });
  });
});
