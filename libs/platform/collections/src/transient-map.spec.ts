import { expect, it } from '@jest/globals';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

it('lets young collections free what was deleted', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;
  const map = new TransientMap<number, number[]>();
  const kept = () => {
    collect({ type: 'major' });
    const before = oldSpaceBytes();
    for (let key = 0; key < 20_000; key++) {
      map.add(key, new Array<number>(100).fill(key));
      map.delete(key - 32);
      if (key % 1_000 === 0) collect({ type: 'minor' });
    }
    return oldSpaceBytes() - before;
  };
  // Of 16 MB. A plain map keeps all of it.
  expect(kept()).toBeLessThan(4 * 1024 * 1024);
});

function oldSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
}
