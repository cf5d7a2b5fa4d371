import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@flowkeep/contracts';
import type { JsonValue } from '@flowkeep/flow-graph';
import { graphNode, graphOf } from '@flowkeep/testing';
import fc from 'fast-check';
import { defineComponent } from './component.ts';
import type { NodeTrace } from './events.ts';
import { json, text } from './inputs.ts';
import { mask, Redaction } from './redaction.ts';
import { harness } from './run.spec-stand.ts';
import { TextStream } from './text-stream.ts';
import { DataValue } from './values.ts';

const secret = 'p"4/ß canary+5a1f';

/** Every way a text writes a secret down. */
const forms: Record<string, string> = {
  'as it is': secret,
  'behind a scheme': `Bearer ${secret}`,
  'in JSON': JSON.stringify({ secret }),
  'in JSON for ASCII': JSON.stringify({ secret }).replace('ß', '\\u00df'),
  'in a URL': `https://example.com/?q=${encodeURIComponent(secret)}&x=1`,
  'in a URL in lower case': encodeURIComponent(secret).replaceAll(/%../g, (byte) => byte.toLowerCase()),
  'in a form': new URLSearchParams({ secret }).toString(),
  'in hex': Buffer.from(secret).toString('hex'),
  'in HEX': Buffer.from(secret).toString('hex').toUpperCase(),
  'in base64': Buffer.from(secret).toString('base64'),
  'in base64 for URLs': Buffer.from(secret).toString('base64url'),
  'in base64 behind a name': Buffer.from(`ada:${secret}`).toString('base64'),
  'in base64 between others': Buffer.from(`{"a":"${secret}"}`).toString('base64'),
};

/** What is left of a secret when its edges are blanked with their neighbours. */
const traces = ['canary', Buffer.from('canary').toString('hex'), 'Y2FuYX', 'NhbmFy', 'jYW5hc'];

const leaked = (shown: string) => traces.filter((trace) => shown.toLowerCase().includes(trace.toLowerCase()));

describe('Redaction', () => {
  const redaction = new Redaction([secret]);

  it.each(Object.entries(forms))('blanks a secret %s, whole or in pieces', (_how, form) => {
    const said = `before ${form} after`;
    expect(leaked(said)).not.toEqual([]);
    const shown = redaction.text(said);
    expect(leaked(shown)).toEqual([]);
    expect(shown).toMatch(/^before .*••••••.* after$/);
    const pieces = redaction.pieces();
    expect(Array.from(said, (letter) => pieces.push(letter)).join('') + pieces.end()).toBe(shown);
  });

  it('leaves texts without secrets as they are, at once', () => {
    const pieces = redaction.pieces();
    expect(pieces.push('Nothing to see. ')).toBe('Nothing to see. ');
    expect(redaction.text('Nothing')).toBe('Nothing');
  });

  it('leaves values under eight characters alone: they are parts of words', () => {
    expect(new Redaction(['', 'a', 'canary1']).text('a canary1')).toBe('a canary1');
  });

  it('blanks names and texts of values, and what a failure says', () => {
    expect(redaction.json({ [secret]: [secret, 1, null, { a: secret }] })).toEqual({
      [mask]: [mask, 1, null, { a: mask }],
    });
    const failure = new DomainError('run_failed', { message: `no ${secret}`, detail: secret, retryAfterSeconds: 3 });
    expect(redaction.error(failure)).toMatchObject({
      code: 'run_failed',
      message: `no ${mask}`,
      detail: mask,
      retryAfterSeconds: 3,
    });
  });

  it('shows the same of a text in any pieces', () => {
    const letters = fc.constantFrom('a', 'b', 'ab', 'ba');
    const words = fc.string({ unit: letters, minLength: 8, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 4 }), fc.array(fc.string({ unit: letters })), (secrets, parts) => {
        const some = new Redaction(secrets);
        const pieces = some.pieces();
        const shown = parts.map((part) => pieces.push(part)).join('') + pieces.end();
        expect(shown).toBe(some.text(parts.join('')));
      }),
    );
  });
});

describe('a run that meets secrets', () => {
  /** Says all it is given, in every way there is. */
  const chatterbox = defineComponent({
    type: 'Chatterbox',
    inputs: { key: json(), prompt: text(), mode: text() },
    outputs: { said: 'Message', data: 'Data' },
    run: ({ key, prompt, mode }, context) => {
      const all = `${JSON.stringify(key)} ${prompt}`;
      if (mode === 'fail') throw new Error(all);
      if (mode === 'refuse') throw new DomainError('provider_failed', { message: context.redact(all).slice(0, 20) });
      const written = async function* () {
        for (const letter of all) yield await Promise.resolve(letter);
      };
      const said = context.say({
        sender: 'Machine',
        senderName: all,
        text: mode === 'stream' ? new TextStream(written()) : all,
        files: [all],
        store: true,
      });
      return { said, data: new DataValue({ [all]: all }) };
    },
  });

  const canary = 'sk-canary-0123456789';
  const headers = [
    { key: 'Accept', value: 'application/json' },
    { key: 'Authorization', value: `Bearer ${canary}` },
  ];

  async function everything(mode: string, key: JsonValue, about: object, options: object = {}): Promise<string> {
    const seen: unknown[] = [];
    const graph = graphOf([graphNode('c', 'Chatterbox', { key, prompt: 'and more', mode }, { key: about })]);
    const credentials = {
      variables: new Map([['KEY', { value: canary, credential: true }]]),
      secrets: new Map<string, JsonValue>([
        ['text', canary],
        ['table', headers],
      ]),
    };
    const trace = (told: NodeTrace) => void seen.push(told);
    const { outcome, events } = harness(graph, [chatterbox], { credentials, streaming: true, trace, ...options });
    seen.push(await outcome.catch((error: unknown) => [String(error), (error as DomainError).detail]), events);
    const tokens = events.flatMap((event) => (event.type === 'token' ? [event.text] : [])).join('');
    return JSON.stringify([seen, tokens]);
  }

  const kinds: [string, JsonValue, object, object][] = [
    ['a secret of the flow', null, { secret: true, secretId: 'text' }, {}],
    ['a header of the flow', null, { secretId: 'table' }, {}],
    ['a credential', 'KEY', { variable: true }, {}],
    ['a secret of the caller', '', { secret: true }, { overrides: new Map([['c', new Map([['key', canary]])]]) }],
    ['a header of the caller', '', {}, { overrides: new Map([['c', new Map([['key', { 'x-api-key': canary }]])]]) }],
  ];

  it.each(kinds.flatMap((kind) => ['say', 'stream', 'fail', 'refuse'].map((mode) => [mode, ...kind] as const)))(
    'tells nobody, when it comes to %s, %s',
    async (mode, _what, key, about, options) => {
      const told = await everything(mode, key, about, options);
      expect(told).toContain(mask);
      expect(told).not.toContain('canary');
    },
  );

  it('tells what stands beside a secret', async () => {
    expect(await everything('say', null, { secretId: 'table' })).toContain('application/json');
    expect(await everything('say', 'open text', {})).toContain('open text');
  });

  it('hands the secret itself from node to node', async () => {
    const got: string[] = [];
    const listener = defineComponent({
      type: 'Listener',
      inputs: { said: text() },
      outputs: {},
      run: ({ said }) => {
        got.push(said);
        return {};
      },
    });
    const graph = (mode: string) =>
      graphOf(
        [
          graphNode('c', 'Chatterbox', { key: 'KEY', prompt: '', mode }, { key: { variable: true } }),
          graphNode('l', 'Listener'),
        ],
        ['c.said > l.said'],
      );
    const credentials = {
      variables: new Map([['KEY', { value: canary, credential: true }]]),
      secrets: new Map<string, JsonValue>(),
    };
    for (const mode of ['say', 'stream']) {
      await harness(graph(mode), [chatterbox, listener], { credentials }).outcome;
    }
    expect(got).toEqual([`"${canary}" `, `"${canary}" `]);
  });
});
