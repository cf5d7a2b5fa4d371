import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

/** What is asked again and again, whatever becomes of the answers. */
export interface OpenLoop {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The status every answer must have. */
  readonly status: number;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends requests at a fixed rate and measures each from the moment it was due, so that a server that stalls is charged
 * for everybody who would have come in the meantime.
 */
export async function openLoop(loop: OpenLoop): Promise<Latency> {
  const agent = new Agent({ keepAlive: true });
  const total = loop.requestsPerSecond * loop.seconds;
  const startMs = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < total; index++) {
    const dueMs = startMs + (index * 1000) / loop.requestsPerSecond;
    const early = dueMs - performance.now();
    if (early > 0) await pause(early);
    answers.push(send(loop, agent).then(() => performance.now() - dueMs));
  }
  const latencies = (await Promise.all(answers)).toSorted((left, right) => left - right);
  agent.destroy();
  const at = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function send({ url, method = 'GET', headers, body, status }: OpenLoop, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === status) resolve();
        else reject(new Error(`${url}: status ${response.statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** As a thread: whoever makes load in the same process would otherwise be measured with it. */
if (!isMainThread) parentPort?.postMessage(await openLoop(workerData as OpenLoop));
