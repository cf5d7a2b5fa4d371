import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { graphNode, graphOf } from '@flowkeep/testing';
import { defineComponent, registryOf } from './component.ts';
import { files, text } from './inputs.ts';
import { mayOverride, type OverrideRight } from './override-rules.ts';
import { readOverrides } from './overrides.ts';
import { compile } from './plan.ts';

const input = defineComponent({
  type: 'ChatInput',
  takesInput: { channel: 'chat', field: 'input_value' },
  inputs: { input_value: text(), files: files() },
  outputs: { message: 'Message' },
  run: () => ({}),
});
const template = defineComponent({
  type: 'Prompt',
  prompt: true,
  inputs: { template: text() },
  variables: text(),
  outputs: { prompt: 'Message' },
  run: () => ({}),
});

const plan = compile(
  graphOf(
    [
      graphNode(
        'ChatInput-1',
        'ChatInput',
        { input_value: 'hi', sender_name: 'User', files: '' },
        { sender_name: { visible: false }, files: { visible: false, list: true, type: 'file' } },
      ),
      graphNode('Prompt-1', 'Prompt', { template: '{a}{b}', a: '', b: '' }, { template: { type: 'prompt' } }),
      graphNode(
        'Model-1',
        'Model',
        { api_key: 'OPENAI_API_KEY', model_name: 'small', temperature: 0.1, timeout: 7, options: {}, base: '' },
        {
          api_key: { secret: true, variable: true },
          temperature: { type: 'slider' },
          timeout: { type: 'int', visible: false },
          options: { type: 'dict' },
        },
      ),
    ],
    ['ChatInput-1.message > Prompt-1.a'],
  ),
  registryOf([input, template]),
);

function read(overrides: JsonObject, right: OverrideRight = 'all-fields', value: string | null = null) {
  const read = readOverrides(plan, { overrides, input: value, inputType: 'chat' }, right);
  return Object.fromEntries([...read].map(([node, fields]) => [node, Object.fromEntries(fields)]));
}

const code = (error: string) => expect.objectContaining({ code: error });

describe('readOverrides', () => {
  it('finds a node by its id or display name', () => {
    expect(read({ 'Prompt-1': { b: 'x' } })).toEqual({ 'Prompt-1': { b: 'x' } });
    expect(read({ 'Prompt (Prompt-1)': { b: 'x' } })).toEqual({ 'Prompt-1': { b: 'x' } });
  });

  it('sets a plain field in every node that has it', () => {
    expect(read({ temperature: 0.9, b: 'x' })).toEqual({ 'Model-1': { temperature: 0.9 }, 'Prompt-1': { b: 'x' } });
  });

  it('leaves out what is unknown, and fields an edge leads to', () => {
    expect(read({ 'Nobody-1': { b: 'x' }, nothing: 1, 'Prompt-1': { a: 'x', c: 'x' }, __proto__: { b: 1 } })).toEqual(
      {},
    );
  });

  it('reads the value out of an object laid over the field', () => {
    expect(read({ 'Model-1': { api_key: { value: 'sk-own', load_from_db: false } } })).toEqual({
      'Model-1': { api_key: 'sk-own' },
    });
    expect(read({ 'Model-1': { options: { a: 1 } } })).toEqual({ 'Model-1': { options: { a: 1 } } });
  });

  it('refuses an input from two sides', () => {
    expect(() => read({ 'ChatInput-1': { input_value: 'x' } }, 'all-fields', 'y')).toThrow(
      expect.objectContaining({
        code: 'input_conflict',
        message: 'If you pass an input_value to the chat input, you cannot pass a tweak with the same name.',
      }),
    );
    expect(read({ 'ChatInput-1': { input_value: 'x' } })).toEqual({ 'ChatInput-1': { input_value: 'x' } });
    expect(read({ input_value: 'x' }, 'all-fields', 'y')).toEqual({});
  });

  describe.each<OverrideRight>(['open-fields', 'all-fields'])('with %s', (right) => {
    it('never lets source code in', () => {
      expect(() => read({ 'Prompt-1': { code: 'x' } }, right)).toThrow(code('override_refused'));
      expect(() => read({ code: 'x' }, right)).toThrow(code('override_refused'));
      expect(() => read({ 'Model-1': { code: { value: 'x' } } }, right)).toThrow(code('override_refused'));
    });

    it.each<JsonObject>([
      { b: { value: 'OPENAI_API_KEY', load_from_db: true } },
      { b: { load_from_db: true } },
      { template: { value: 'ANY', load_from_db: true } },
    ])('never lets a caller choose a variable: %j', (fields) => {
      expect(() => read({ 'Prompt-1': fields }, right)).toThrow(code('override_refused'));
    });

    it('refuses another variable in a field that has one', () => {
      expect(() => read({ 'Model-1': { api_key: { value: 'OTHER', load_from_db: true } } }, right)).toThrow(
        expect.objectContaining({
          code: 'override_refused',
          message:
            'The field "api_key" of the node "Model-1" may not be overridden by the caller. Leave it out, or change the flow.',
        }),
      );
    });

    it('takes uploaded files and no other paths', () => {
      expect(read({ 'ChatInput-1': { files: ['flow/a.png'] } }, right)).toEqual({
        'ChatInput-1': { files: ['flow/a.png'] },
      });
      for (const path of [
        '../a',
        '/etc/passwd',
        'a//b',
        'a/./b',
        'a\\b',
        'a\u0000',
        'http://x',
        7,
        'x'.repeat(2_000),
      ]) {
        expect(() => read({ 'ChatInput-1': { files: [path] } }, right)).toThrow(code('invalid_request'));
      }
      const many = Array.from({ length: 101 }, () => 'a');
      expect(() => read({ 'ChatInput-1': { files: many } }, right)).toThrow(code('invalid_request'));
    });
  });

  it('keeps the variable that the flow itself names', () => {
    expect(read({ 'Model-1': { api_key: { value: 'OPENAI_API_KEY', load_from_db: true } } })).toEqual({});
    expect(read({ 'Model-1': { api_key: { load_from_db: true } } })).toEqual({});
  });

  it.each<[string, string]>([
    ['Prompt-1', 'template'],
    ['Prompt-1', 'b'],
    ['ChatInput-1', 'input_value'],
    ['Model-1', 'temperature'],
  ])('lets everybody who may run the flow set %s.%s', (node, field) => {
    expect(read({ [node]: { [field]: 2 } }, 'open-fields')).toEqual({ [node]: { [field]: 2 } });
  });

  it.each<[string, string]>([
    ['Model-1', 'api_key'],
    ['Model-1', 'model_name'],
    ['Model-1', 'base'],
    ['Model-1', 'timeout'],
    ['Model-1', 'options'],
    ['ChatInput-1', 'sender_name'],
  ])('leaves %s.%s to those who may change the flow', (node, field) => {
    expect(() => read({ [node]: { [field]: 'x' } }, 'open-fields')).toThrow(code('override_refused'));
    expect(read({ [node]: { [field]: 'x' } }, 'all-fields')).toEqual({ [node]: { [field]: 'x' } });
  });

  it('takes only plain values for open fields', () => {
    expect(() => read({ 'Prompt-1': { b: ['x'] } }, 'open-fields')).toThrow(code('override_refused'));
  });
});

describe('mayOverride', () => {
  it('refuses source code by name and by type, whoever asks', () => {
    const [field] = [...graphNode('a', 'A', { other: '' }).fields.values()];
    if (field === undefined) throw new Error('no field');
    const request = { component: null, value: 'x', variable: null };
    expect(mayOverride({ ...request, field: { ...field, name: 'code' } }, 'all-fields')).toBe(false);
    expect(mayOverride({ ...request, field: { ...field, type: 'code' } }, 'all-fields')).toBe(false);
    expect(mayOverride({ ...request, field }, 'all-fields')).toBe(true);
  });

  it('leaves what lies in the vault to who may change the flow, also where nothing marks the field', () => {
    const asked = (secretId: string | null) => {
      const about = secretId === null ? {} : { url: { secretId } };
      const [field] = [...graphNode('a', 'Prompt', { url: '' }, about).fields.values()];
      if (field === undefined) throw new Error('no field');
      return { component: template, field, value: 'x', variable: null };
    };
    expect(mayOverride(asked(null), 'open-fields')).toBe(true);
    expect(mayOverride(asked('s'), 'open-fields')).toBe(false);
    expect(mayOverride(asked('s'), 'all-fields')).toBe(true);
  });
});
