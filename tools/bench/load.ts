import autocannon from 'autocannon';
import type { Server } from './processes.ts';

/** One thing that is measured: requests to an address, and the processes that work for them. */
export interface Case {
  readonly name: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A fresh value of these headers per request. */
  readonly freshHeaders?: () => Record<string, string>;
  /** What is asked instead of `url`, in turn. */
  readonly turns?: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>> }[];
  /** {@link manyConnections} by default. */
  readonly connections?: number;
  readonly servers: readonly Server[];
  /** The status every answer must have, or those it may have. */
  readonly status: number | readonly number[];
}

export interface Sample {
  readonly requestsPerSecond: number;
  /** CPU of all the case's processes, in microseconds. */
  readonly cpuPerRequest: number;
}

/** As many requests are under way at a time: enough that nothing measured here waits for its clients. */
const manyConnections = 100;

/** Sends requests for `seconds` as fast as they are answered. */
export async function measure(target: Case, seconds: number): Promise<Sample> {
  const before = cpuOf(target);
  const started = performance.now();
  const result = await autocannon({
    url: target.url,
    connections: target.connections ?? manyConnections,
    duration: seconds,
    requests: requestsOf(target),
  });
  const elapsed = (performance.now() - started) / 1000;
  const statuses = Object.keys(result.statusCodeStats ?? {});
  const expected = [target.status].flat().map(String);
  if (statuses.length === 0 || !statuses.every((status) => expected.includes(status)) || result.errors > 0) {
    throw new Error(`${target.name}: statuses ${statuses.join(', ')}, ${result.errors} errors`);
  }
  const total = result.requests.total;
  return { requestsPerSecond: total / elapsed, cpuPerRequest: ((cpuOf(target) - before) / total) * 1e6 };
}

function requestsOf({ method = 'GET', headers, body, freshHeaders, turns }: Case): autocannon.Request[] {
  const common = { method, headers: { ...headers }, ...(body === undefined ? {} : { body }) };
  if (turns !== undefined)
    return turns.map((turn) => ({ ...common, ...turn, headers: { ...headers, ...turn.headers } }));
  if (freshHeaders === undefined) return [common];
  const setupRequest = (request: autocannon.Request) => ({ ...request, headers: { ...headers, ...freshHeaders() } });
  return [{ ...common, setupRequest }];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function cpuOf({ servers }: Case): number {
  return servers.reduce((sum, server) => sum + server.cpuSeconds(), 0);
}
