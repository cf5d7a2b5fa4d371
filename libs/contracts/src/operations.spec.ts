import { expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Operation } from './operation.ts';
import { events, operations, operationsWithSecrets } from './operations/index.ts';
import { permissions } from './permissions.ts';
import { containsSecret, maskedValue, maskSecrets, secret, secretPaths } from './secret.ts';
import { serviceNames } from './services.ts';

const all: readonly Operation[] = operations;

function hasSecret(operation: Operation): boolean {
  const answer = operation.kind === 'stream' ? operation.frame : operation.reply;
  return containsSecret(operation.request) || containsSecret(answer);
}

it('every operation has a name of its own that starts with its callee', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, callee } of all) expect(name).toMatch(new RegExp(`^${callee}\\.[a-z][A-Za-z]*$`));
});

it('every operation has callers, none of them its callee', () => {
  for (const { name, callers, callee } of all) {
    expect([name, callers.length > 0, (callers as readonly string[]).includes(callee)]).toEqual([name, true, false]);
  }
});

it('every operation that acts for somebody names a permission there is', () => {
  for (const { access } of all) {
    if (access !== 'system' && access !== 'signed-in') expect(permissions).toContain(access);
  }
});

it('only the listed operations carry secrets, and all of them do', () => {
  const carrying = all.filter(hasSecret).map(({ name }) => name);
  expect(carrying.toSorted()).toEqual(operationsWithSecrets.toSorted());
});

it('no event carries a secret', () => {
  for (const { payload } of events) expect(containsSecret(payload)).toBe(false);
});

it('every event is heard by somebody other than its emitter', () => {
  for (const { listeners, emitter } of events) {
    expect(listeners.filter((name) => name !== emitter).length).toBeGreaterThan(0);
    for (const name of listeners) expect(serviceNames).toContain(name);
  }
});

const schema = z.object({
  plain: z.string(),
  password: secret(z.string().max(10)).nullable(),
  headers: z.record(z.string(), secret(z.string())),
  list: z.array(z.object({ token: secret(z.string()).optional() })),
});

it('finds secrets wherever they are', () => {
  expect(secretPaths(schema)).toEqual([['password'], ['headers', '*'], ['list', '*', 'token']]);
});

it('masks secrets and nothing else', () => {
  const value = { plain: 'a', password: 'b', headers: { x: 'c' }, list: [{ token: 'd' }, {}] };
  expect(maskSecrets(schema, value)).toEqual({
    plain: 'a',
    password: maskedValue,
    headers: { x: maskedValue },
    list: [{ token: maskedValue }, {}],
  });
  expect(maskSecrets(schema, { plain: 'a', password: null })).toEqual({ plain: 'a', password: null });
  expect(value.password).toBe('b');
});
