import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeDistributed } from './modes.ts';

interface KeyList {
  readonly api_keys: readonly { readonly id: string; readonly total_uses: number }[];
}

await describeDistributed('two gateways', () => {
  let installation: Installation;
  let first: Client;
  let second: Client;
  let flow: string;

  beforeAll(async () => {
    installation = await startInstallation('distributed');
    first = new Client(installation.url);
    second = new Client(await installation.secondGateway());
    flow = (await first.uploadExample('echo.json', await first.token())).body[0]?.id as string;
  });

  afterAll(() => installation.stop());

  const run = async (client: Client, key: { api_key: string }) =>
    (await client.run(flow, { input_value: 'x' }, { 'x-api-key': key.api_key })).status;

  async function use(client: Client, key: { api_key: string }, times: number): Promise<void> {
    for (let count = 0; count < times; count++) expect(await run(client, key)).toBe(200);
  }

  async function uses(key: { id: string }): Promise<number> {
    const { body } = await first.request<KeyList>('/api/v1/api_key/', { headers: await first.token() });
    return body.api_keys.find(({ id }) => id === key.id)?.total_uses ?? -1;
  }

  it('refuse a deleted key: where it was deleted at once, elsewhere as soon as the news is there', async () => {
    for (let round = 0; round < 5; round++) {
      const key = await first.createKey(`revoked ${round}`);
      expect([await run(first, key), await run(second, key)]).toEqual([200, 200]);
      const init = { method: 'DELETE', headers: await first.token() };
      expect((await first.request(`/api/v1/api_key/${key.id}`, init)).status).toBe(200);
      expect(await run(first, key)).toBe(403);
      const there = await eventually(
        () => run(second, key),
        (status) => status === 403,
      );
      expect(there).toBe(403);
      // Once refused, refused for ever.
      for (let again = 0; again < 3; again++)
        expect([await run(first, key), await run(second, key)]).toEqual([403, 403]);
    }
  });

  it('know a key and a session from the moment the other made them', async () => {
    for (let round = 0; round < 5; round++) {
      const { access_token } = (await first.login()).body;
      const headers = { authorization: `Bearer ${access_token}` };
      expect((await second.request('/api/v1/users/whoami', { headers })).status).toBe(200);
      expect(await run(second, await first.createKey(`at once ${round}`))).toBe(200);
    }
  });

  it('add up what they count', async () => {
    const key = await first.createKey('counted twice');
    await Promise.all([use(first, key, 7), use(second, key, 5)]);
    const counted = () => uses(key);
    expect(await eventually(counted, (total) => total === 12)).toBe(12);
  });

  it('lose at most what a killed one had not reported', async () => {
    const key = await first.createKey('killed');
    const counted = () => uses(key);
    await use(second, key, 4);
    expect(await eventually(counted, (total) => total === 4)).toBe(4);
    await use(second, key, 3);
    await installation.kill('second gateway');
    second = new Client(await installation.secondGateway());
    await use(second, key, 2);
    await use(first, key, 1);
    const total = await eventually(counted, (now) => now >= 7);
    expect(total).toBeGreaterThanOrEqual(7);
    expect(total).toBeLessThanOrEqual(10);
  });

  it('report everything when they are stopped', async () => {
    const key = await first.createKey('stopped');
    await use(second, key, 9);
    expect(await installation.program('second gateway').stop()).toBe(0);
    expect(await uses(key)).toBe(9);
    second = new Client(await installation.secondGateway());
  });
});
