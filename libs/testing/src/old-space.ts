import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * How much `work` leaves in V8's old generation, in bytes, when only young collections run meanwhile: what nothing refers to
 * any more should not get there.
 *
 * @param work called with each number from 0 on
 * @param times how often; a young collection runs every tenth time
 */
export async function keptInOldSpace(times: number, work: (index: number) => unknown): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;
  collect({ type: 'major' });
  const before = oldSpaceBytes();
  for (let index = 0; index < times; index++) {
    await work(index);
    if (index % 10 === 9) collect({ type: 'minor' });
  }
  return oldSpaceBytes() - before;
}

function oldSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
}
