import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Target } from './installation.ts';

const root = resolve(import.meta.dirname, '../..');
/** Streams of each kind per round; both kinds take turns, so that both meet the same machine. */
const streamsPerRound = 40;

/** About as long as the longest streams last: as many begin at any moment as end. */
const spreadMs = 3_000;
/** Runs before anything is measured: code that has just begun to run is slow in a way nobody meets twice. */
const warmUp = { runs: 600, atOnce: 50 } as const;

/** Milliseconds to the first token, half of the streams below. */
export interface FirstTokens {
  readonly streams: number;
  readonly directMs: number;
  readonly throughMs: number;
}

/**
 * How much later the first token comes through Flowkeep than from the model itself.
 *
 * @param modelUrl an OpenAI-compatible server, `/v1` included
 * @param streams how many are open at once
 */
export async function firstTokens(target: Target, modelUrl: string, streams: number): Promise<FirstTokens> {
  const [url] = target.urls as [string];
  const flow = await prepareFlow(url, target.key, modelUrl);
  // Many streams that are open at once are long ones; else it would be starting them that is measured.
  const question = streams > 50 ? 'hello '.repeat(30) : 'hello';
  const direct = () =>
    untilText(
      `${modelUrl}/chat/completions`,
      '"content":"You"',
      { authorization: 'Bearer bench' },
      {
        model: 'bench',
        stream: true,
        messages: [{ role: 'user', content: question }],
      },
    );
  const ask = (said: string) =>
    untilText(
      `${url}/api/v1/run/${flow}?stream=true`,
      '"event":"token"',
      { 'x-api-key': target.key },
      { input_value: said },
    );
  const through = () => ask(question);
  const times = { direct: [] as number[], through: [] as number[] };
  await inParallel(warmUp.atOnce, warmUp.runs, () => ask('hello'));
  await inParallel(streams, streams, through);
  for (let round = 0; round < 2; round++) {
    times.direct.push(...(await inParallel(streams, Math.max(streamsPerRound, streams * 2), direct)));
    times.through.push(...(await inParallel(streams, Math.max(streamsPerRound, streams * 2), through)));
  }
  return { streams, directMs: middle(times.direct), throughMs: middle(times.through) };
}

async function prepareFlow(url: string, key: string, modelUrl: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  for (const [name, value] of Object.entries({ OPENAI_API_KEY: 'bench', OPENAI_API_BASE: modelUrl })) {
    await fetch(`${url}/api/v1/variables/`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name, value, type: 'Generic' }),
    });
  }
  const flow = await readFile(join(root, 'examples/chat.json'), 'utf8');
  const created = await fetch(`${url}/api/v1/flows/`, { method: 'POST', headers, body: flow });
  if (created.status !== 201) throw new Error(`the flow was not stored: ${await created.text()}`);
  return ((await created.json()) as { id: string }).id;
}

/** Milliseconds from the request until this text was in the answer; the rest is read too. */
async function untilText(
  url: string,
  text: string,
  headers: Readonly<Record<string, string>>,
  body: object,
): Promise<number> {
  const started = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (response.status !== 200 || response.body === null) throw new Error(`status ${response.status}`);
  let found: number | null = null;
  let seen = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    if (found !== null) continue;
    seen += chunk;
    if (seen.includes(text)) found = performance.now() - started;
  }
  if (found === null) throw new Error(`no token came: ${seen.slice(0, 300)}`);
  return found;
}

/** Runs `work` so often, always this many at once, none of them in step. */
async function inParallel(width: number, count: number, work: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  let left = count;
  const lane = async () => {
    await pause(Math.random() * spreadMs);
    while (left-- > 0) results.push(await work());
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
