import { setTimeout as pause } from 'node:timers/promises';
import { addPerson, createKey, type Target } from './installation.ts';

const connectionsPerGateway = 16;
const rounds = 40;
/** Between two requests of one connection: keeps the machine below saturation, so that latency is what is measured. */
const restMs = 12;

/** What lets somebody in, and how it is ended. */
interface Access {
  readonly flowId: string;
  /** Of the requests, in turn. */
  readonly headers: readonly Record<string, string>[];
  readonly end: () => Promise<Response>;
}

/** How long what was ended was still accepted, in milliseconds, one value per round, ascending. */
export interface Revocation {
  readonly name: string;
  readonly delays: readonly number[];
}

/**
 * How long other gateways still let somebody in after the end of a key, or of its holder, was answered: the start of the
 * last accepted request minus the answer.
 */
export async function revocations(target: Target): Promise<Revocation[]> {
  return [
    await measured('a key is deleted', target, keyOf),
    await measured('a user is deactivated, with key and session', target, personOf),
  ];
}

async function measured(
  name: string,
  target: Target,
  access: (target: Target, round: number) => Promise<Access>,
): Promise<Revocation> {
  const delays: number[] = [];
  for (let round = 0; round < rounds; round++) delays.push(await oneRound(target, await access(target, round)));
  return { name, delays: delays.toSorted((left, right) => left - right) };
}

/** The same as rows of the report. */
export function revocationRows(figures: readonly Revocation[]): string[] {
  return [
    `How long other gateways accept what was ended; 3 gateways × ${connectionsPerGateway} connections, ${rounds} rounds each; ms:`,
    '',
    '| | p50 | p99 | bar |',
    '|---|---|---|---|',
    ...figures.map(({ name, delays }) => {
      const at = (share: number) => (delays[Math.ceil(delays.length * share) - 1] ?? 0).toFixed(1);
      return `| ${name} | ${at(0.5)} | ${at(0.99)} | ≤ 100 |`;
    }),
  ];
}

async function keyOf({ urls, key: managing, flowId }: Target): Promise<Access> {
  const [url] = urls as [string];
  const { id, api_key: key } = await createKey(url);
  return {
    flowId,
    headers: [{ 'x-api-key': key }],
    end: () => fetch(`${url}/api/v1/api_key/${id}`, { method: 'DELETE', headers: { 'x-api-key': managing } }),
  };
}

async function personOf(target: Target, round: number): Promise<Access> {
  const [url] = target.urls as [string];
  const { userId, flowId, key, token } = await addPerson(target, `revoked-${round}`);
  return {
    flowId,
    headers: [{ 'x-api-key': key }, { authorization: `Bearer ${token}` }],
    end: () =>
      fetch(`${url}/api/flowkeep/v1/users/${userId}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', 'x-api-key': target.key },
        body: '{"active":false}',
      }),
  };
}

async function oneRound({ urls }: Target, { flowId, headers, end }: Access): Promise<number> {
  let lastAccepted = 0;
  let over = false;
  const client = async (url: string, own: Record<string, string>) => {
    while (!over) {
      const started = performance.now();
      const response = await fetch(`${url}/api/v1/run/${flowId}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...own },
        body: '{"input_value":"x"}',
      });
      await response.arrayBuffer();
      if (response.status === 200) lastAccepted = Math.max(lastAccepted, started);
      else if (response.status !== 401 && response.status !== 403) throw new Error(`status ${response.status}`);
      await pause(restMs);
    }
  };
  const clients = urls.flatMap((url) =>
    Array.from({ length: connectionsPerGateway }, (_, index) =>
      client(url, headers[index % headers.length] as Record<string, string>),
    ),
  );
  await pause(300);
  const ended = await end();
  if (ended.status !== 200) throw new Error(`nothing was ended: ${ended.status}`);
  const answered = performance.now();
  await pause(300);
  over = true;
  await Promise.all(clients);
  return Math.max(0, lastAccepted - answered);
}
