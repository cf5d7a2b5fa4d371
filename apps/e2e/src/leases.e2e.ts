import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Answer, Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, type Part, ready, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

const limit = 240;
/** How many callers there are at each gateway at once. */
const callers = 4;
/**
 * What a gateway holds at most of a key with this limit: a sixteenth of it, and the last quarter of what it held before;
 * beside that only what its callers wait for.
 */
const heldAtMost = limit / 12 + callers;

interface Load {
  readonly accepted: number;
  readonly refused: readonly Answer[];
  /** Requests whose answer got lost with their gateway. */
  readonly lost: number;
}

const limits = [
  ['a quota', { quota: { daily: limit, monthly: null } }],
  ['a rate', { rateLimit: { requests: limit, windowSeconds: 86_400 } }],
] as const;

await describeModes('the limits of a key', (mode) => {
  let installation: Installation;
  let token: Record<string, string>;
  let flow: string;
  let gateways: Client[];
  /** The gateway that ends in the middle. */
  const last: Part = mode === 'distributed' ? 'third gateway' : 'standalone';

  beforeAll(async () => {
    installation = await startInstallation(mode);
    gateways = [new Client(installation.url)];
    if (mode === 'distributed') {
      for (const part of ['second gateway', 'third gateway'] as const) gateways.push(await start(part));
    }
    token = await first().token();
    flow = (await first().uploadExample('echo.json', token)).body[0]?.id as string;
  });

  afterAll(() => installation.stop());

  const first = () => gateways[0] as Client;
  const start = async (part: Part) => new Client(await ready(await installation.start(part)));
  const startLast = async () => {
    gateways = [...gateways.slice(0, -1), await start(last)];
  };

  async function create(limited: object): Promise<string> {
    const request = { name: 'limited', permissions: ['*'], ...limited };
    const { status, body } = await first().post<{ secret: string }>('/api/flowkeep/v1/keys', request, token);
    expect(status).toBe(201);
    return body.secret;
  }

  const run = (client: Client, key: string) => client.run(flow, { input_value: 'x' }, { 'x-api-key': key });

  /** Calls in parallel, each caller until it is refused or its gateway is gone. */
  async function useUp(clients: readonly Client[], key: string, onAccepted = () => {}): Promise<Load> {
    let [accepted, lost] = [0, 0];
    const refused: Answer[] = [];
    const call = async (client: Client) => {
      for (;;) {
        const answer = await run(client, key).catch(() => null);
        if (answer === null) lost++;
        else if (answer.status !== 200) refused.push(answer);
        else {
          accepted++;
          onAccepted();
          continue;
        }
        return;
      }
    };
    await Promise.all(clients.flatMap((client) => Array.from({ length: callers }, () => call(client))));
    return { accepted, refused, lost };
  }

  function expectExhausted({ status, headers }: Answer): void {
    const seconds = expect.stringMatching(/^[1-9]\d{0,4}$/) as unknown;
    expect([status, headers.get('retry-after')]).toEqual([429, seconds]);
    expect(limitHeaders(headers)).toEqual([String(limit), '0', seconds]);
  }

  it.each(limits)('that are %s let exactly so many through, whichever gateway is asked', (_name, limited) =>
    inOneDay(async () => {
      const { accepted, refused, lost } = await useUp(gateways, await create(limited));
      expect([accepted, refused.length, lost]).toEqual([limit, gateways.length * callers, 0]);
      refused.forEach(expectExhausted);
    }),
  );

  it.each(limits)('that are %s hold when a gateway is killed, which loses what it had leased', (_name, limited) =>
    inOneDay(async () => {
      const key = await create(limited);
      let accepted = 0;
      let killed: Promise<void> | undefined;
      const during = await useUp(gateways, key, () => {
        if (++accepted === limit / 2) killed = installation.kill(last);
      });
      await killed;
      await startLast();
      const after = await useUp(gateways, key);
      [...during.refused, ...after.refused].forEach(expectExhausted);
      const sum = during.accepted + after.accepted;
      expect(sum).toBeLessThanOrEqual(limit);
      // What the killed one had let through and not answered counts as used.
      expect(sum + during.lost).toBeGreaterThanOrEqual(limit - heldAtMost);
    }),
  );

  it('are given back by a gateway that stops', () =>
    inOneDay(async () => {
      const key = await create({ quota: { daily: limit, monthly: null } });
      for (let count = 0; count < 3; count++) expect((await run(gateways.at(-1) as Client, key)).status).toBe(200);
      expect(await installation.program(last).stop()).toBe(0);
      await startLast();
      expect((await useUp(gateways, key)).accepted).toBe(limit - 3);
    }));

  it('are told with every answer, and begin anew in the next window', async () => {
    const key = await create({ rateLimit: { requests: 2, windowSeconds: 5 } });
    const answers = await eventually(
      () => Promise.all([0, 0, 0].map(() => run(first(), key))),
      (three) => three.filter(({ status }) => status === 200).length === 2,
    );
    const told = answers.map(({ status, headers }) => [status, ...limitHeaders(headers).slice(0, 2)]);
    expect(told.toSorted()).toEqual([
      [200, '2', '0'],
      [200, '2', '1'],
      [429, '2', '0'],
    ]);
    for (const { headers } of answers) expect(Number(headers.get('ratelimit-reset'))).toBeLessThanOrEqual(5);
    const again = await eventually(
      () => run(first(), key),
      ({ status }) => status === 200,
    );
    expect(again.status).toBe(200);
  });
});

function limitHeaders(headers: Headers): (string | null)[] {
  return ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));
}

/** Both kinds of windows begin at midnight UTC: what was counted across it is counted again. */
async function inOneDay(work: () => Promise<void>): Promise<void> {
  const today = () => new Date().getUTCDate();
  const day = today();
  try {
    await work();
  } catch (error) {
    if (today() === day) throw error;
    await work();
  }
}
