import { expect, it } from '@jest/globals';
import type { Packet } from '@flowkeep/bus';
import { maskedValue } from '@flowkeep/contracts';
import { WireTap } from './wire-tap.ts';

const envelope = {
  v: 1,
  id: 'i-1',
  instance: 'i',
  caller: null,
  trace: 'a'.repeat(32),
  hop: 0,
  remainingMs: 1,
} as const;
const ask: Packet = { head: { k: 'ask', e: envelope } };
const request = { name: 'a.b', value: 'xq-canary "quoted"' };

it.each([
  ['values', request, { value: 'canary', created: true }],
  ['text', JSON.stringify(request), JSON.stringify({ value: 'canary', created: true })],
])('blanks secrets of requests and replies: %s', (_name, body, reply) => {
  const tap = new WireTap('p');
  tap.see('p.vault.keepSystem.identity', { ...ask, body });
  tap.see('p.r.identity.i.vault.i-1', { head: { k: 'reply' }, body: reply });
  const text = tap.texts().join('\n');
  expect(text).not.toContain('canary');
  expect(text).toContain(`{"name":"a.b","value":"${maskedValue}"}`);
  expect(text).toContain('"created":true');
});

it('blanks secrets that are cut in two', () => {
  const tap = new WireTap('p');
  const text = JSON.stringify(request);
  const middle = text.indexOf('nary');
  tap.see('p.vault.keepSystem.identity', { head: { k: 'ask', e: envelope, framed: true } });
  const pieces = [text.slice(0, middle), text.slice(middle)];
  tap.see('p.c.vault.j.identity.i-1', { head: { k: 'frames', n: 2, bytes: 1 }, body: pieces[1] });
  tap.see('p.c.vault.j.identity.i-1', { head: { k: 'frames', n: 1, bytes: 1, more: true }, body: pieces[0] });
  tap.see('p.c.vault.j.identity.i-1', { head: { k: 'end', n: 2 } });
  expect(tap.texts().join('\n')).not.toMatch(/xq|nary/);
  expect(tap.texts().join('\n')).toContain('a.b');
});

it('shows everything that is not secret', () => {
  const tap = new WireTap('p');
  tap.see('p.e.keys.changed', { head: { k: 'reply' }, body: { keys: ['visible-1'] } });
  tap.see('p.runner.run.gateway', { head: { k: 'ask', e: { ...envelope, id: 'i-2' } }, body: { input: 'visible-2' } });
  expect(tap.texts().join('\n')).toMatch(/visible-1[^]*visible-2/);
});
