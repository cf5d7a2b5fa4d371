import { Agent, request } from 'node:http';
import { constants, setPriority } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Target } from './installation.ts';
import { madeUpKey } from './made-up-key.ts';
import { disturbance, type Disturbance, repeat, type Stop } from './disturbance.ts';

/** What somebody who tries ever new keys at full speed means for everybody with a good one. */
export function floodBeside({ urls, key }: Target, where: string, seconds: number): Promise<Disturbance> {
  const [url] = urls as [string];
  const address = `${url}/api/v1/flows/?header_flows=true`;
  const loop = { url: address, headers: { 'x-api-key': key }, status: 200, requestsPerSecond: 500, seconds };
  return disturbance(`a flood of wrong keys, ${where}`, loop, 25, () => flood(address));
}

/** From a thread of its own, which on Linux takes no more of the processors than the servers leave, as if it were elsewhere. */
function flood(address: string): Stop {
  const thread = new Worker(new URL(import.meta.url), { workerData: address });
  const times = new Promise<number>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  return () => {
    thread.postMessage('stop');
    return times;
  };
}

if (!isMainThread) {
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const guess = () =>
    new Promise<void>((resolve, reject) => {
      const sent = request(workerData as string, { agent, headers: { 'x-api-key': madeUpKey() } }, (response) => {
        response.resume();
        response.once('end', resolve);
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end();
    });
  const stop = repeat(guess, 32);
  parentPort?.once('message', () => {
    void stop().then((times) => {
      agent.destroy();
      parentPort?.postMessage(times);
    });
  });
}
