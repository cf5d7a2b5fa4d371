import { Worker } from 'node:worker_threads';
import type { Latency, OpenLoop } from './open-loop.ts';

/** What one thing adds to the latency of another that goes on beside it. */
export interface Disturbance {
  readonly name: string;
  readonly quiet: Latency;
  readonly beside: Latency;
  /** How often the other thing was done. */
  readonly times: number;
  /** Milliseconds that the p99 may rise. */
  readonly barMs: number;
}

/** Something that is done over and over; ends it and tells how often it was done. */
export type Stop = () => Promise<number>;

/** Measures requests alone and then beside something that `start` begins. */
export async function disturbance(
  name: string,
  loop: OpenLoop,
  barMs: number,
  start: () => Stop,
): Promise<Disturbance> {
  await measured({ ...loop, seconds: 1 });
  const quiet = await measured(loop);
  const stop = start();
  const beside = await measured(loop);
  return { name, quiet, beside, times: await stop(), barMs };
}

/** Does something over and over, `parallel` times at once. */
export function repeat(work: () => Promise<void>, parallel: number): Stop {
  let times = 0;
  let over = false;
  const again = async () => {
    while (!over) {
      await work();
      times++;
    }
  };
  const under = Promise.all(Array.from({ length: parallel }, again));
  return async () => {
    over = true;
    await under;
    return times;
  };
}

/** In a thread of its own: whoever makes load in the same one would be measured with it. */
function measured(loop: OpenLoop): Promise<Latency> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('open-loop.ts', import.meta.url), { workerData: loop });
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}
