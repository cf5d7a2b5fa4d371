import { setTimeout as pause } from 'node:timers/promises';
import { createKey, type Target } from './installation.ts';

const connectionsPerGateway = 16;
const rounds = 40;
/** Between two requests of one connection: keeps the machine below saturation, so that latency is what is measured. */
const restMs = 12;

/**
 * How long other gateways still accept a key after its deletion was answered, in milliseconds, one value per round: the
 * start of the last accepted request minus the answer.
 */
export async function revocationDelays(target: Target): Promise<number[]> {
  const delays: number[] = [];
  for (let round = 0; round < rounds; round++) delays.push(await oneRound(target));
  return delays.toSorted((left, right) => left - right);
}

async function oneRound({ urls, key: managing, flowId }: Target): Promise<number> {
  const [first] = urls as [string];
  const key = await createKey(first);
  let lastAccepted = 0;
  let over = false;
  const client = async (url: string) => {
    while (!over) {
      const started = performance.now();
      const response = await fetch(`${url}/api/v1/run/${flowId}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key.api_key },
        body: '{"input_value":"x"}',
      });
      await response.arrayBuffer();
      if (response.status === 200) lastAccepted = Math.max(lastAccepted, started);
      else if (response.status !== 403) throw new Error(`status ${response.status}`);
      await pause(restMs);
    }
  };
  const clients = urls.flatMap((url) => Array.from({ length: connectionsPerGateway }, () => client(url)));
  await pause(300);
  const removed = await fetch(`${first}/api/v1/api_key/${key.id}`, {
    method: 'DELETE',
    headers: { 'x-api-key': managing },
  });
  if (removed.status !== 200) throw new Error(`the key was not deleted: ${removed.status}`);
  const answered = performance.now();
  await pause(300);
  over = true;
  await Promise.all(clients);
  return Math.max(0, lastAccepted - answered);
}
