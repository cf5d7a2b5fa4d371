import { addPerson, type Target } from './installation.ts';
import { type Case, measure, median } from './load.ts';
import { addKeys, addPeople, holderOf } from './many.ts';

const hot = 10;

/** Runs a second of the same people, alone and among many. */
export interface Flatness {
  readonly name: string;
  readonly alone: number;
  readonly among: number;
}

/**
 * Measures runs of ten people, each with a key and a flow of their own, where there is nobody else and where there are
 * very many, in turn.
 *
 * @param count how many others there are, each with a key and a flow
 */
export async function flatness(
  name: string,
  start: () => Promise<Target>,
  count: number,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Flatness> {
  const [few, many] = [await start(), await start()];
  try {
    await addPeople(many.store, count);
    await addKeys(many.store, await holderOf(many), count);
    const [alone, among] = [await runsOf(few), await runsOf(many)];
    const rates: { alone: number[]; among: number[] } = { alone: [], among: [] };
    await measure(alone, 2);
    await measure(among, 2);
    for (let round = 0; round < rounds; round++) {
      rates.alone.push((await measure(alone, seconds)).requestsPerSecond);
      rates.among.push((await measure(among, seconds)).requestsPerSecond);
    }
    return { name, alone: median(rates.alone), among: median(rates.among) };
  } finally {
    await few.stop();
    await many.stop();
  }
}

/** The same as rows of the report. */
export function flatnessRows(count: number, figures: readonly Flatness[]): string[] {
  return [
    `Echo runs of ${hot} people with a key and a flow each, alone and among ${count} others with theirs; requests/s:`,
    '',
    '| | alone | among the others | ratio | bar |',
    '|---|---|---|---|---|',
    ...figures.map(
      ({ name, alone, among }) =>
        `| ${name} | ${alone.toFixed(0)} | ${among.toFixed(0)} | ${((among / alone) * 100).toFixed(0)} % | 80–120 % |`,
    ),
  ];
}

async function runsOf(target: Target): Promise<Case> {
  const turns: { path: string; headers: Record<string, string> }[] = [];
  for (let index = 0; index < hot; index++) {
    const { key, flowId } = await addPerson(target, `hot-${index}`);
    turns.push({ path: `/api/v1/run/${flowId}`, headers: { 'x-api-key': key } });
  }
  return {
    name: `${hot} people`,
    url: target.urls[0] as string,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"input_value":"hello"}',
    turns,
    servers: target.servers,
    status: 200,
  };
}
