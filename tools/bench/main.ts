import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { type Case, measure, median, type Sample } from './load.ts';
import { distributed, standalone, type Target } from './installation.ts';
import { type FirstTokens, firstTokens } from './first-token.ts';
import { type Flatness, flatness, flatnessRows } from './flatness.ts';
import { floodBeside } from './flood.ts';
import { stolenShare } from './host.ts';
import { type KeyList, keyListRows, keyLists } from './key-lists.ts';
import { madeUpKey } from './made-up-key.ts';
import { Server } from './processes.ts';
import { signInsBeside } from './sign-ins.ts';
import { revocationRows, revocations } from './revocation.ts';
import { vaultFigures, vaultRows } from './vault.ts';

/**
 * Measures Flowkeep beside plain yardsticks, interleaved, and writes the table into docs/benchmarks.md. Figures mean
 * something as ratios of one run only.
 *
 * Usage: node tools/bench/main.ts [--quick]
 * FLOWKEEP_BENCH_NATS_URL and FLOWKEEP_BENCH_DATABASE_URL name the servers of the distributed rows; without them those
 * on 127.0.0.1 are used if they answer.
 */
const quick = process.argv.includes('--quick');
const rounds = quick ? 1 : 5;
const seconds = quick ? 2 : 4;
/** Rounds in which the host took more of the processors' time for others are measured again, as long as there is hope. */
const calmShare = 0.05;
/** So few that a run's wait for its commit shows: most of them wait for the same one. */
const fewConnections = 32;
const root = resolve(import.meta.dirname, '../..');
const natsUrl = process.env['FLOWKEEP_BENCH_NATS_URL'] ?? 'nats://127.0.0.1:4222';
const databaseUrl = process.env['FLOWKEEP_BENCH_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

const script = (name: string) => resolve(root, 'tools/bench/servers', name);
const listening = /listening (\S+)/;
const fastify = await Server.start(script('fastify.ts'), [], listening);
const guard = await Server.start(script('guard.ts'), [], listening);
const single = await standalone();
const proxied = await standalone({ FLOWKEEP_TRUST_PROXY: '127.0.0.1' });
const natsBack = await Server.start(script('nats-hello.ts'), [natsUrl], listening);
const natsFront = await Server.start(script('nats-hop.ts'), [natsUrl], listening);
const cluster = await distributed(natsUrl, databaseUrl, 1);

const unknown = madeUpKey();
const cases = {
  fastify: { name: 'bare Fastify hello', url: fastify.url, servers: [fastify], status: 200 },
  guard: {
    name: 'yardstick: Nest + Fastify + Passport key guard, hello',
    url: guard.url,
    headers: { 'x-api-key': 'bench-key' },
    servers: [guard],
    status: 200,
  },
  nats: {
    name: "yardstick: Nest → NATS (Nest's client) → Nest, hello",
    url: natsFront.url,
    servers: [natsFront, natsBack],
    status: 200,
  },
  echo: echo('echo flow, standalone', single),
  checksum: refused('refused: wrong checksum', single, `${single.key.slice(0, -1)}!`),
  repeated: refused('refused: repeated unknown key', single, unknown),
  fresh: {
    ...refused('refused: ever new unknown key, from ever new addresses', proxied, unknown),
    freshHeaders: () => ({ 'x-api-key': madeUpKey(), 'x-forwarded-for': someAddress() }),
  },
  limited: {
    ...refused('refused: ever new unknown key, from one address', single, unknown),
    freshHeaders: () => ({ 'x-api-key': madeUpKey() }),
  },
  cluster: echo('echo flow, NATS and PostgreSQL', cluster),
  fewEcho: {
    ...echo(`echo flow, standalone, from ${fewConnections} connections`, single),
    connections: fewConnections,
  },
  fewCluster: {
    ...echo(`echo flow, NATS and PostgreSQL, from ${fewConnections} connections`, cluster),
    connections: fewConnections,
  },
} satisfies Record<string, Case>;

type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

for (const name of names) await measure(cases[name], 2);
// First: a database that was just given millions of rows tidies up for minutes.
const disturbances = [
  await signInsBeside(single, 'standalone', quick ? 3 : 10),
  await signInsBeside(cluster, 'NATS and PostgreSQL', quick ? 3 : 10),
  await floodBeside(single, 'standalone', quick ? 3 : 10),
  await floodBeside(cluster, 'NATS and PostgreSQL', quick ? 3 : 10),
];
console.log(disturbances);
const measured: { readonly stolen: number; readonly samples: Record<Name, Sample> }[] = [];
const isCalm = ({ stolen }: { readonly stolen: number }) => stolen <= calmShare;
while (measured.filter(isCalm).length < rounds && measured.length < rounds * 3) {
  const stolen = stolenShare();
  const samples: Partial<Record<Name, Sample>> = {};
  for (const name of names) {
    const sample = await measure(cases[name], seconds);
    samples[name] = sample;
    console.log(
      `round ${measured.length + 1}: ${cases[name].name}: ${sample.requestsPerSecond.toFixed(0)}/s, ${sample.cpuPerRequest.toFixed(0)} µs`,
    );
  }
  measured.push({ stolen: stolen(), samples: samples as Record<Name, Sample> });
}
const calmest = measured.toSorted((left, right) => left.stolen - right.stolen).slice(0, rounds);
const model = await Server.start(
  resolve(root, 'tools/model-stub.ts'),
  ['--port', '0', '--rate', '10'],
  /running at (\S+)/,
);
const waits: [string, FirstTokens][] = [];
for (const streams of [8, 200]) {
  waits.push(['standalone', await firstTokens(single, model.url, streams)]);
  waits.push(['NATS and PostgreSQL', await firstTokens(cluster, model.url, streams)]);
}
await model.stop();
console.log(waits);
await Promise.all([
  fastify.stop(),
  guard.stop(),
  natsFront.stop(),
  natsBack.stop(),
  single.stop(),
  proxied.stop(),
  cluster.stop(),
]);

const three = await distributed(natsUrl, databaseUrl, 3);
const ended = await revocations(three);
console.log(revocationRows(ended).join('\n'));
await three.stop();

/** How many there are where there are very many. */
const many = quick ? 10_000 : 100_000;
const modes = [
  ['standalone', () => standalone()],
  ['NATS and PostgreSQL', () => distributed(natsUrl, databaseUrl, 1)],
] as const;
const lists: KeyList[] = [];
const flat: Flatness[] = [];
for (const [where, start] of modes) {
  const target = await start();
  lists.push(...(await keyLists(target, where, many)));
  await target.stop();
  flat.push(await flatness(where, start, many, { rounds, seconds }));
}

const vault = await vaultFigures(quick ? 5_000 : 20_000);

const report = table();
console.log(`\n${report}`);
if (!quick) await replaceTable(resolve(root, 'docs/benchmarks.md'), report);

/** The table stands between two marks; the text around it is written by hand. */
async function replaceTable(path: string, text: string): Promise<void> {
  const page = await readFile(path, 'utf8');
  await writeFile(path, page.replace(/(<!-- table -->\n)[^]*(<!-- end of table -->)/, `$1\n${text}\n$2`));
}

function echo(name: string, target: Target) {
  return {
    name,
    url: `${target.urls[0] as string}/api/v1/run/${target.flowId}`,
    method: 'POST' as const,
    headers: key(target.key),
    body: '{"input_value":"hello"}',
    servers: target.servers,
    status: 200,
  };
}

/** As small a request as the guard's yardstick gets: no body, one key. */
function refused(name: string, target: Target, value: string) {
  const url = `${target.urls[0] as string}/api/v1/flows/`;
  return { name, url, headers: { 'x-api-key': value }, servers: target.servers, status: [403, 429] };
}

function someAddress(): string {
  return Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 222)).join('.');
}

function key(value: string) {
  return { 'content-type': 'application/json', 'x-api-key': value };
}

function table(): string {
  const medianOf = (figure: (samples: Record<Name, Sample>) => number) =>
    median(calmest.map(({ samples }) => figure(samples)));
  const rate = (name: Name) => medianOf((samples) => samples[name].requestsPerSecond);
  const cpu = (name: Name) => medianOf((samples) => samples[name].cpuPerRequest);
  // Of the ratios, not of the rates: what else a machine does changes from round to round.
  const of = (name: Name, yardstick: Name) =>
    `${(medianOf((samples) => samples[name].requestsPerSecond / samples[yardstick].requestsPerSecond) * 100).toFixed(0)} %`;
  const bars: [Name, string, string][] = [
    ['fastify', '', ''],
    ['guard', '', ''],
    ['nats', '', ''],
    ['echo', '≥ 25 % of the guard row', of('echo', 'guard')],
    ['checksum', '≥ 150 % of the guard row', of('checksum', 'guard')],
    ['repeated', '≥ 100 % of the guard row', of('repeated', 'guard')],
    ['fresh', '≥ 50 % of the NATS row', of('fresh', 'nats')],
    ['limited', '', of('limited', 'guard')],
    ['cluster', '≥ 50 % of the NATS row', of('cluster', 'nats')],
    ['fewEcho', '', of('fewEcho', 'guard')],
    ['fewCluster', '', of('fewCluster', 'nats')],
  ];
  const rows = bars.map(
    ([name, bar, reached]) =>
      `| ${cases[name].name} | ${rate(name).toFixed(0)} | ${cpu(name).toFixed(0)} | ${bar} | ${reached} |`,
  );
  const waitRows = waits.map(
    ([where, { streams, directMs, throughMs }]) =>
      `| ${where} | ${streams} | ${directMs.toFixed(1)} | ${throughMs.toFixed(1)} | ${(throughMs - directMs).toFixed(1)} | ≤ ${streams === 8 ? 5 : 25} |`,
  );
  return `${[
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, load generator on the same machine; medians of ${rounds} rounds, in which the host took at most ${(Math.max(...calmest.map(({ stolen }) => stolen)) * 100).toFixed(0)} % of the processors' time for others.`,
    '',
    '| case | requests/s | CPU µs per request | bar | reached |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'Time to the first token of a stream, p50 in ms, with the model on the same machine:',
    '',
    '| | streams | model itself | through Flowkeep | added | bar |',
    '|---|---|---|---|---|---|',
    ...waitRows,
    '',
    'Authenticated requests (200/s, beside the flood 500/s), open loop, alone and beside something else; p99 in ms:',
    '',
    '| beside | times | alone | beside it | rise | bar |',
    '|---|---|---|---|---|---|',
    ...disturbances.map(
      ({ name, times, quiet, beside, barMs }) =>
        `| ${name} | ${times} | ${quiet.p99Ms.toFixed(1)} | ${beside.p99Ms.toFixed(1)} | ${(beside.p99Ms - quiet.p99Ms).toFixed(1)} | ≤ ${barMs} |`,
    ),
    '',
    ...revocationRows(ended),
    '',
    ...vaultRows(vault),
    '',
    ...keyListRows(many, lists),
    '',
    ...flatnessRows(many, flat),
  ].join('\n')}\n`;
}
