import { Agent, get } from 'node:http';
import type { Target } from './installation.ts';
import { addKeys, holderOf } from './many.ts';

const rowsPerPage = 100;
const pageBarMs = 20;

/** How long the pages of one list took, in milliseconds. */
export interface KeyList {
  readonly name: string;
  readonly pages: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** What the p99 may be; Langflow's list has no pages. */
  readonly barMs: number | null;
}

/** `next` is the last field of a page. */
const nextInPage = /"next":(?:null|"([^"]+)")\}$/;

/**
 * Lists and searches the keys of somebody who has very many, page by page, through every dialect.
 *
 * @param count how many keys there are
 */
export async function keyLists(target: Target, where: string, count: number): Promise<KeyList[]> {
  const [url] = target.urls as [string];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (path: string) => body(`${url}${path}`, agent, target.key);
  const native = '/api/flowkeep/v1/keys';
  await addKeys(target.store, await holderOf(target), count);

  const followed = async (name: string, query: string): Promise<KeyList> => {
    const times: number[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const place = after === '' ? '' : `&after=${after}`;
      const page = await timed(times, () => ask(`${native}?take=${rowsPerPage}${query}${place}`));
      const found = nextInPage.exec(page.subarray(-200).toString());
      if (found === null) throw new Error(`${name}: no page`);
      after = found[1];
    }
    return figures(`${name}, ${where}`, times);
  };
  const counted = async (name: string, pages: number, path: (page: number) => string): Promise<KeyList> => {
    const times: number[] = [];
    for (let page = 1; page <= pages; page++) await timed(times, () => ask(path(page)));
    return figures(`${name}, ${where}`, times);
  };
  const pages = Math.ceil(count / rowsPerPage);
  const lists = [
    await followed('native, all', ''),
    await followed('native, search by a name that a ninth of them has', '&search=key%201'),
    await counted(
      'native, search that finds one',
      200,
      (page) => `${native}?take=${rowsPerPage}&search=key%20${count - page}`,
    ),
    await counted('Flowise, all', pages, (page) => `/api/v1/apikey?page=${page}&limit=${rowsPerPage}`),
    { ...(await counted('Langflow, the newest 1000 at once', 100, () => '/api/v1/api_key/')), barMs: null },
  ];
  agent.destroy();
  return lists;
}

/** The same as rows of the report. */
export function keyListRows(count: number, lists: readonly KeyList[]): string[] {
  return [
    `Pages of ${rowsPerPage} keys of somebody who has ${count}, one after the other; ms:`,
    '',
    '| list | pages | p50 | p99 | bar |',
    '|---|---|---|---|---|',
    ...lists.map(
      ({ name, pages, p50Ms, p99Ms, barMs }) =>
        `| ${name} | ${pages} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} | ${barMs === null ? '' : `≤ ${barMs}`} |`,
    ),
  ];
}

/** Nothing is done with it meanwhile: what is measured must not wait for the tidying up of what measures. */
function body(url: string, agent: Agent, key: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { 'x-api-key': key } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`${url}: status ${response.statusCode}`));
      });
    });
    request.once('error', reject);
  });
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  times.push(performance.now() - began);
  return result;
}

function figures(name: string, times: readonly number[]): KeyList {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { name, pages: times.length, p50Ms: at(0.5), p99Ms: at(0.99), barMs: pageBarMs };
}
