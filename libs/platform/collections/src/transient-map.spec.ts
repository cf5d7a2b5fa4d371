import { expect, it } from '@jest/globals';
import { keptInOldSpace } from '@flowkeep/testing';
import { TransientMap } from './transient-map.ts';

it('holds what was added until it is deleted', () => {
  const map = new TransientMap<string, number>();
  map.add('a', 1);
  map.add('b', 2);
  expect([map.size, map.get('a'), map.get('c')]).toEqual([2, 1, undefined]);
  map.delete('a');
  map.delete('c');
  expect([map.size, map.get('a'), [...map.values()]]).toEqual([1, undefined, [2]]);
  map.add('a', 3);
  expect([...map.values()]).toEqual([2, 3]);
});

it('lets young collections free what was deleted', async () => {
  const map = new TransientMap<number, number[]>();
  const kept = await keptInOldSpace(200, (round) => {
    for (let key = round * 100; key < (round + 1) * 100; key++) {
      map.add(key, new Array<number>(100).fill(key));
      map.delete(key - 32);
    }
  });
  // Of 16 MB. A plain map keeps all of it.
  expect(kept).toBeLessThan(4 * 1024 * 1024);
});
