import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

interface Call {
  readonly secret: string;
  readonly status: number;
  /** Where it was asked. */
  readonly client: Client;
  /** The places of its start and its end in the order of all that happened. */
  readonly began: number;
  readonly ended: number;
}

const callersPerGateway = 4;

await describeModes('a key that gets new secrets under load', (mode) => {
  let installation: Installation;
  let gateways: Client[];
  let token: Record<string, string>;
  let flow: string;

  beforeAll(async () => {
    installation = await startInstallation(mode);
    gateways = [new Client(installation.url)];
    if (mode === 'distributed') gateways.push(new Client(await installation.secondGateway()));
    token = await first().token();
    flow = (await first().uploadExample('echo.json', token)).body[0]?.id as string;
  });

  afterAll(() => installation.stop());

  /** The gateway that is asked to rotate. */
  const first = () => gateways[0] as Client;
  const run = async (client: Client, secret: string) =>
    (await client.run(flow, { input_value: 'x' }, { 'x-api-key': secret })).status;

  async function native(path: string, body: object) {
    const { status, body: answer } = await first().post<{ key: { id: string }; secret: string }>(
      `/api/flowkeep/v1/keys${path}`,
      body,
      token,
    );
    expect(status).toBeLessThan(300);
    return answer;
  }

  it('is accepted with each secret that counts, and with none that was ended', async () => {
    const { key, secret } = await native('', { name: 'rotated', permissions: ['*'] });
    let order = 0;
    let over = false;
    const secrets = [secret];
    const calls: Call[] = [];
    const call = async (client: Client, index: number) => {
      for (let turn = index; !over; turn++) {
        // The two that count, and the one that was ended last.
        const used = secrets.at(-1 - (turn % Math.min(3, secrets.length))) as string;
        const began = ++order;
        const status = await run(client, used);
        calls.push({ secret: used, status, client, began, ended: ++order });
      }
    };
    const callers = gateways.flatMap((client) =>
      Array.from({ length: callersPerGateway }, (_, index) => call(client, index)),
    );
    const some = () => {
      const enough = calls.length + 40;
      return eventually(
        () => Promise.resolve(calls.length),
        (count) => count >= enough,
      );
    };
    /** For each secret: the place of the request that ended it, and of that request's answer. */
    const ends = new Map<string, { readonly asked: number; readonly answered: number }>();
    for (let round = 0; round < 5; round++) {
      await some();
      const asked = ++order;
      const next = await native(`/${key.id}/rotate`, { overlapSeconds: 3_600 });
      // Of the two that counted until now the older one is over.
      const older = secrets.at(-2);
      if (older !== undefined) ends.set(older, { asked, answered: ++order });
      secrets.push(next.secret);
    }
    await some();
    over = true;
    await Promise.all(callers);

    expect(ends.size).toBe(4);
    const refusedTooSoon = calls.filter(
      ({ secret: used, status, ended }) => status !== 200 && ended < (ends.get(used)?.asked ?? Infinity),
    );
    expect(refusedTooSoon).toEqual([]);
    const acceptedHere = calls.filter(
      ({ client, secret: used, status, began }) =>
        client === first() && status !== 403 && began > (ends.get(used)?.answered ?? Infinity),
    );
    expect(acceptedHere).toEqual([]);
    const afterTheEnd = calls.filter(({ secret: used, began }) => began > (ends.get(used)?.answered ?? Infinity));
    expect(new Set(afterTheEnd.map(({ status }) => status))).toContain(403);
    // Elsewhere it is over when the news is there, and then for ever.
    for (const client of gateways) {
      for (const used of ends.keys()) {
        const status = await eventually(
          () => run(client, used),
          (now) => now === 403,
        );
        expect(status).toBe(403);
        expect(await run(client, used)).toBe(403);
      }
    }
  });

  it('has one secret after a rotation without an overlap', async () => {
    const { key, secret } = await native('', { name: 'replaced', permissions: ['*'] });
    for (const client of gateways) expect(await run(client, secret)).toBe(200);
    const next = await native(`/${key.id}/rotate`, {});
    expect([await run(first(), secret), await run(first(), next.secret)]).toEqual([403, 200]);
    for (const client of gateways) {
      expect(await run(client, next.secret)).toBe(200);
      const status = await eventually(
        () => run(client, secret),
        (now) => now === 403,
      );
      expect(status).toBe(403);
    }
  });
});
