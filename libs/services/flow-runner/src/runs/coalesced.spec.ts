import { expect, it } from '@jest/globals';
import { settle } from '@flowkeep/testing';
import { Coalesced } from './coalesced.ts';

/** Look-ups that end when the test says so, numbered in the order they began. */
function lookups() {
  const begun: PromiseWithResolvers<number>[] = [];
  const look = () => {
    const lookup = Promise.withResolvers<number>();
    begun.push(lookup);
    return lookup.promise;
  };
  return { begun, look };
}

it('shares a look-up between all who ask before it begins, at the end of the turn', async () => {
  const { begun, look } = lookups();
  const shared = new Coalesced<number>();
  const asked = [shared.get('a', look), shared.get('a', look)];
  await Promise.resolve();
  expect(begun).toHaveLength(0);
  asked.push(shared.get('a', look));
  await settle();
  expect(begun).toHaveLength(1);
  begun[0]?.resolve(1);
  expect(await Promise.all(asked)).toEqual([1, 1, 1]);
});

it('answers nobody with what was looked up before they asked', async () => {
  const { begun, look } = lookups();
  const shared = new Coalesced<number>();
  const first = shared.get('a', look);
  await settle();
  const later = [shared.get('a', look), shared.get('a', look)];
  await settle();
  expect(begun).toHaveLength(1);
  begun[0]?.resolve(1);
  await settle();
  expect(begun).toHaveLength(2);
  const last = shared.get('a', look);
  begun[1]?.resolve(2);
  await settle();
  begun[2]?.resolve(3);
  expect(await Promise.all([first, ...later, last])).toEqual([1, 2, 2, 3]);
});

it('keeps different things apart, and begins anew when nothing is under way', async () => {
  const { begun, look } = lookups();
  const shared = new Coalesced<number>();
  const both = [shared.get('a', look), shared.get('b', look)];
  await settle();
  expect(begun).toHaveLength(2);
  for (const [index, lookup] of begun.entries()) lookup.resolve(index);
  expect(await Promise.all(both)).toEqual([0, 1]);
  const again = shared.get('a', look);
  await settle();
  expect(begun).toHaveLength(3);
  begun[2]?.resolve(9);
  expect(await again).toBe(9);
});

it('fails only those whose look-up failed', async () => {
  const { begun, look } = lookups();
  const shared = new Coalesced<number>();
  const first = shared.get('a', look);
  await settle();
  const second = shared.get('a', look);
  begun[0]?.reject(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  await settle();
  begun[1]?.resolve(2);
  expect(await second).toBe(2);
});
