import { Agent, request } from 'node:http';
import type { Target } from './installation.ts';
import { madeUpKey } from './made-up-key.ts';
import { disturbance, type Disturbance } from './open-loop.ts';

/** What somebody who tries ever new keys at full speed means for everybody with a good one. */
export async function floodBeside({ urls, key }: Target, where: string, seconds: number): Promise<Disturbance> {
  const [url] = urls as [string];
  const address = `${url}/api/v1/flows/?header_flows=true`;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const guess = () =>
    new Promise<void>((resolve, reject) => {
      const sent = request(address, { agent, headers: { 'x-api-key': madeUpKey() } }, (response) => {
        response.resume();
        response.once('end', resolve);
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end();
    });
  const loop = { url: address, headers: { 'x-api-key': key }, status: 200, requestsPerSecond: 500, seconds };
  try {
    return await disturbance(`a flood of wrong keys, ${where}`, loop, guess, { parallel: 32, barMs: 25 });
  } finally {
    agent.destroy();
  }
}
