import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fillTemplate, type TemplateMode } from './template.ts';

const fill = (
  template: string,
  variables: Record<string, string> = {},
  mode: TemplateMode = 'f-string',
  limit = 1_000,
) => fillTemplate(template, mode, new Map(Object.entries(variables)), limit);

describe('fillTemplate', () => {
  it.each([
    ['Hello {name}!', 'Hello Ada!'],
    ['{name}{name}', 'AdaAda'],
    ['{{name}}', '{name}'],
    ['{{{name}}}', '{Ada}'],
    ['{"json": "{name}"}', '{"json": "Ada"}'],
    ['{unknown} {} { } }{', '{unknown} {} { } }{'],
    ['{two words}', 'spaced'],
  ])('fills %s as an f-string', (template, filled) => {
    expect(fill(template, { name: 'Ada', 'two words': 'spaced' })).toBe(filled);
  });

  it.each([
    ['Hello {{name}}!', 'Hello Ada!'],
    ['{{ name }}', 'Ada'],
    ['{name} {{unknown}}.', '{name} .'],
  ])('fills %s with double brackets', (template, filled) => {
    expect(fill(template, { name: 'Ada' }, 'mustache')).toBe(filled);
  });

  it('never takes what a variable holds for a template', () => {
    expect(fill('{a} {b}', { a: '{b}', b: '$& {a}' })).toBe('{b} $& {a}');
    expect(fill('{constructor} {__proto__}')).toBe('{constructor} {__proto__}');
  });

  it('gives any text back when its braces are doubled', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fill(text.replaceAll('{', '{{').replaceAll('}', '}}'), {}, 'f-string', 10_000)).toBe(text);
      }),
    );
  });

  it('stops before it builds a text beyond the limit', () => {
    const huge = 'x'.repeat(600);
    expect(fill('{a}', { a: huge })).toBe(huge);
    expect(() => fill('{a}{a}', { a: huge })).toThrow(expect.objectContaining({ code: 'run_limit_exceeded' }));
  });
});
