import { readFileSync } from 'node:fs';

/**
 * Starts to measure how much of the processors' time whoever runs this machine as a virtual one gives to others; figures of
 * such a time say little. The function tells the share from then on, 0 where the system does not tell.
 */
export function stolenShare(): () => number {
  const before = processorTicks();
  return () => {
    const after = processorTicks();
    return (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
  };
}

function processorTicks(): { stolen: number; all: number } {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted as users already.
    const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
    return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, some) => sum + some, 0) };
  } catch {
    return { stolen: 0, all: 0 };
  }
}
