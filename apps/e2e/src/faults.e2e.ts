import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { onTestPostgresql } from '@flowkeep/testing';
import { type Answer, Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type BackService, type Installation, ready, startInstallation } from './installation.ts';
import { describeDistributed } from './modes.ts';

interface Readiness {
  readonly status: string;
  readonly parts: Readonly<Record<string, 'ok' | 'failing'>>;
}

await describeDistributed('faults', () => {
  let installation: Installation;
  let client: Client;
  let key: { 'x-api-key': string };
  let token: Record<string, string>;
  let flow: string;
  let keys: { 'x-api-key': string }[];

  beforeAll(async () => {
    installation = await startInstallation('distributed');
    client = new Client(installation.url);
    key = { 'x-api-key': (await client.createKey('faults')).api_key };
    token = await client.token();
    flow = (await client.uploadExample('echo.json', key)).body[0]?.id as string;
    // Each for one use: what a gateway has seen a moment ago it need not ask for.
    const fresh = await Promise.all(Array.from({ length: 8 }, (_, index) => client.createKey(`fresh ${index}`)));
    keys = fresh.map(({ api_key }) => ({ 'x-api-key': api_key }));
  });

  afterAll(() => installation.stop());

  const freshKey = () => keys.pop() as { 'x-api-key': string };
  const run = (headers: Record<string, string>) => client.run(flow, { input_value: 'hello' }, headers);
  const listKeys = (headers: Record<string, string>) => client.request('/api/v1/api_key/', { headers });
  const readiness = () => client.request<Readiness>('/readyz');

  function expectUnavailable({ status, body, headers }: Answer): void {
    expect({ status, body }).toEqual({ status: 503, body: { detail: expect.any(String) } });
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
  }

  async function expectEverythingWorks(): Promise<void> {
    await ready(client.url);
    expect(await client.login()).toMatchObject({ status: 200 });
    expect(await listKeys(await client.token())).toMatchObject({ status: 200 });
    expect(await run(freshKeyAfterwards)).toMatchObject({ status: 200 });
    expect((await client.request('/health')).status).toBe(200);
  }
  let freshKeyAfterwards: Record<string, string>;

  async function createFreshKey(): Promise<void> {
    freshKeyAfterwards = { 'x-api-key': (await client.createKey('afterwards')).api_key };
  }

  it.each<[BackService, string, () => Promise<Answer>, () => Promise<Answer>]>([
    ['identity', 'identity', () => client.login(), () => listKeys(key)],
    ['key-management', 'keys', () => run(freshKey()), () => client.login()],
    ['key-management', 'keys', () => listKeys(token), () => client.request('/api/v1/flows/', { headers: token })],
    ['flow-runner', 'runner', () => run(key), () => listKeys(key)],
  ])(
    '%s killed: what needs %s is 503, the rest works, and all of it after a start',
    async (service, part, needs, rest) => {
      await createFreshKey();
      // Facts that a gateway has just asked for count for a while: the rest below needs no service that is away.
      expect((await listKeys(key)).status).toBe(200);
      expect((await listKeys(token)).status).toBe(200);
      await installation.kill(service);
      expect(await rest()).toMatchObject({ status: 200 });
      const notReady = await eventually(readiness, ({ status }) => status === 503);
      expectUnavailable(await needs());
      expect(notReady).toMatchObject({ status: 503, body: { status: 'not ready', parts: { [part]: 'failing' } } });
      const others = Object.entries(notReady.body.parts).filter(([name]) => name !== part);
      expect(others.map(([, state]) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
      expect(await client.request('/health_check')).toMatchObject({ status: 500 });
      await installation.start(service);
      await expectEverythingWorks();
    },
  );

  it('credential-vault killed: what needs no secret works, and identity can start without it', async () => {
    await createFreshKey();
    await installation.kill('credential-vault');
    const notReady = await eventually(readiness, ({ status }) => status === 503);
    expect(notReady.body.parts).toMatchObject({ vault: 'failing', identity: 'ok', keys: 'ok', runner: 'ok' });
    expect(await run(freshKey())).toMatchObject({ status: 200 });
    // Who signs tokens asks the vault for the key once, at the first.
    await installation.kill('identity');
    await installation.start('identity');
    expectUnavailable(await client.login());
    await installation.start('credential-vault');
    await expectEverythingWorks();
  });

  it('NATS restarted: heals by itself', async () => {
    await createFreshKey();
    await installation.nats?.pause();
    const notReady = await eventually(readiness, ({ status }) => status === 503);
    expect(notReady.body.parts).toMatchObject({ bus: 'failing', identity: 'failing', runner: 'failing' });
    expectUnavailable(await run(key));
    expectUnavailable(await run(freshKey()));
    expect((await client.request('/health')).status).toBe(200);
    await installation.nats?.resume();
    await expectEverythingWorks();
  });

  it('PostgreSQL connections cut: heals by itself', async () => {
    await createFreshKey();
    await onTestPostgresql(
      `do $$ begin
         if (select count(pg_terminate_backend(pid)) from pg_stat_activity
             where application_name like 'flowkeep ${installation.schemaPrefix}%') < 4
         then raise exception 'a service has no connection'; end if;
       end $$`,
    );
    const answer = await eventually(
      () => run(freshKeyAfterwards),
      ({ status }) => status === 200,
    );
    expect(answer.status).toBe(200);
    await expectEverythingWorks();
  });

  it('a gateway that is first listens, is not ready, answers 503, and heals', async () => {
    await createFreshKey();
    const services: BackService[] = ['flow-runner', 'key-management', 'identity', 'credential-vault'];
    for (const part of ['gateway', ...services] as const) await installation.kill(part);
    await installation.nats?.pause();
    client = new Client(await installation.start('gateway'));
    expect((await client.request('/health')).status).toBe(200);
    expect(await readiness()).toMatchObject({ status: 503, body: { parts: { bus: 'failing', identity: 'failing' } } });
    expectUnavailable(await run(key));
    expectUnavailable(await client.login());
    await installation.nats?.resume();
    expectUnavailable(await client.login());
    for (const service of services) await installation.start(service);
    await expectEverythingWorks();
  });
});
