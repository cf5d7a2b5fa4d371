import { expect, it } from '@jest/globals';
import { WeightedLru } from './lru.ts';

it('forgets what was used least when the weight is too much', () => {
  const lru = new WeightedLru<string, number>(10);
  lru.set('a', 1, 4);
  lru.set('b', 2, 4);
  expect(lru.get('a')).toBe(1);
  lru.set('c', 3, 4);
  expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3]);
});

it('keeps nothing that is too heavy alone, and counts a replaced value once', () => {
  const lru = new WeightedLru<string, number>(10);
  lru.set('a', 1, 9);
  lru.set('a', 2, 9);
  lru.set('b', 3, 11);
  expect([lru.get('a'), lru.get('b')]).toEqual([2, undefined]);
  lru.set('a', 4, 11);
  expect(lru.get('a')).toBeUndefined();
});
