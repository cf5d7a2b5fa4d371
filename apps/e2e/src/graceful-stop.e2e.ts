import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, type Part, ready, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

interface KeyList {
  readonly api_keys: readonly { readonly id: string; readonly total_uses: number }[];
}

/** More than the sockets between client and server hold: its stream stays open until somebody reads it. */
const longInput = 'x'.repeat(3_000_000);

await describeModes('a graceful stop', (mode) => {
  let installation: Installation;
  let flow: string;
  const part: Part = mode === 'standalone' ? 'standalone' : 'gateway';

  beforeAll(async () => {
    installation = await startInstallation(mode);
    const client = new Client(installation.url);
    flow = (await client.uploadExample('echo.json', await client.token())).body[0]?.id as string;
  });

  afterAll(() => installation.stop());

  /** A streamed run that has begun and waits for its reader. */
  function stream(headers: Record<string, string>): Promise<Response> {
    return fetch(`${installation.url}/api/v1/run/${flow}?stream=true`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ input_value: longInput }),
    });
  }

  async function expectWholeStream(response: Response): Promise<void> {
    expect(response.status).toBe(200);
    const frames = (await response.text()).split('\n\n').filter((frame) => frame !== '');
    const last = JSON.parse(frames.at(-1) as string) as { event: string; data: unknown };
    expect(last.event).toBe('end');
    expect(JSON.stringify(last.data)).toContain(longInput);
  }

  async function expectRefused(): Promise<void> {
    const refused = await eventually(
      () =>
        fetch(`${installation.url}/health`, { headers: { connection: 'close' } }).then(
          () => false,
          () => true,
        ),
      (isRefused) => isRefused,
    );
    expect(refused).toBe(true);
  }

  async function uses(client: Client, keyId: string): Promise<number | undefined> {
    const { body } = await client.request<KeyList>('/api/v1/api_key/', { headers: await client.token() });
    return body.api_keys.find(({ id }) => id === keyId)?.total_uses;
  }

  it('answers what is under way, refuses what is new, and counts exactly', async () => {
    const client = new Client(installation.url);
    const key = await client.createKey('counted');
    const headers = { 'x-api-key': key.api_key };
    const streamed = await stream(headers);
    const answers: (number | 'refused')[] = [];
    let enough: () => void = () => undefined;
    const some = new Promise<void>((resolve) => (enough = resolve));
    const clients = Array.from({ length: 8 }, async () => {
      while (answers.at(-1) !== 'refused') {
        const answer = await client.run(flow, { input_value: 'x' }, headers).catch(() => null);
        if (answer?.status === 200) expect(JSON.stringify(answer.body)).toContain('"message":"x"');
        answers.push(answer === null ? 'refused' : answer.status);
        if (answers.length === 20) enough();
      }
    });
    await some;
    const program = installation.program(part);
    program.signal('SIGTERM');
    await Promise.all(clients);
    await expectRefused();
    expect(program.exitCode).toBeNull();
    await expectWholeStream(streamed);
    expect(await program.exit()).toBe(0);
    expect(new Set(answers)).toEqual(new Set([200, 'refused', ...answers.filter((answer) => answer === 503)]));
    const restarted = new Client(await ready(await installation.start(part)));
    const answered = answers.filter((answer) => answer === 200).length;
    expect(await uses(restarted, key.id)).toBe(answered + 1);
  });

  if (mode === 'distributed') {
    it('of flow-runner lets its streams end', async () => {
      const streamed = await stream(await new Client(installation.url).token());
      const program = installation.program('flow-runner');
      program.signal('SIGTERM');
      await expectWholeStream(streamed);
      expect(await program.exit()).toBe(0);
      await installation.start('flow-runner');
      await ready(installation.url);
    });
  }

  it('ends at once on a second signal', async () => {
    const streamed = await stream(await new Client(installation.url).token());
    const program = installation.program(part);
    program.signal('SIGTERM');
    await expectRefused();
    expect(program.exitCode).toBeNull();
    program.signal('SIGTERM');
    expect(await program.exit()).toBe(1);
    await expect(streamed.text()).rejects.toThrow();
    await ready(await installation.start(part));
  });

  it('waits for nobody who only keeps a connection', async () => {
    const client = new Client(installation.url);
    expect((await client.login()).status).toBe(200);
    expect((await client.run(flow, { input_value: 'x' }, await client.token())).status).toBe(200);
    expect(await installation.program(part).stop()).toBe(0);
    await ready(await installation.start(part));
  });
});
