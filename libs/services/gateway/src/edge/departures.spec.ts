import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run, type RunFrame, runStream, verifyKey } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

describe('a client that leaves', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
  });

  afterEach(() => stand.stop());

  async function send(path: string, body = '{}', length = body.length) {
    const connection = await stand.connect();
    connection.write(
      [
        `POST ${path} HTTP/1.1`,
        'Host: x',
        `X-Api-Key: ${stand.key}`,
        'Content-Type: application/json',
        `Content-Length: ${length}`,
      ],
      body,
    );
    return connection;
  }

  /** Resolves with the signal of the first run. */
  function firstSignal() {
    return new Promise<AbortSignal>((resolve) => {
      stand.bus.answer(run, (_request, { signal }) => {
        resolve(signal as AbortSignal);
        return new Promise(() => {});
      });
    });
  }

  async function aborted(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ code: 'run_cancelled' });
  }

  it('while its run is under way ends the run', async () => {
    const signal = firstSignal();
    const connection = await send('/api/v1/run/x');
    expect((await signal).aborted).toBe(false);
    connection.destroy();
    await aborted(await signal);
  });

  it('while its key is looked up does not start a run that nobody ends', async () => {
    const signal = firstSignal();
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      stand.bus.answer(verifyKey, () => {
        resolve();
        return new Promise((reply) => (answer = () => reply(stand.keyFacts)));
      });
    });
    const connection = await send('/api/v1/run/x');
    await asked;
    connection.destroy();
    await gone();
    answer();
    await aborted(await signal);
  });

  it('in the middle of a stream ends the stream', async () => {
    let ended = () => {};
    const stopped = new Promise<void>((resolve) => (ended = resolve));
    let signal: AbortSignal | undefined;
    stand.bus.answerStream(runStream, async function* (_request, context) {
      signal = context.signal;
      try {
        for (let index = 0; ; index++) {
          yield { type: 'token', messageId, text: `t${index} `, at: 0 } satisfies RunFrame;
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        ended();
      }
    });
    const connection = await send('/api/v1/run/x?stream=true');
    await connection.until(/t10 /);
    connection.destroy();
    await stopped;
    await aborted(signal as unknown as AbortSignal);
  });

  it('before its body is complete never reaches a handler', async () => {
    const connection = await send('/api/v1/run/x', '{"input_value":', 100);
    // Another request goes all the way, so the first had every chance.
    expect((await stand.get('/health')).status).toBe(200);
    connection.destroy();
    await gone();
    expect(stand.bus.calls).toEqual([]);
  });

  it('after its answer aborts nothing', async () => {
    let signal: AbortSignal | undefined;
    stand.bus.answer(run, (_request, context) => {
      signal = context.signal;
      throw new Error('no matter');
    });
    const connection = await send('/api/v1/run/x');
    await connection.until(/\r\n\r\n\{/);
    connection.destroy();
    await gone();
    expect(signal?.aborted).toBe(false);
  });

  const messageId = '0191d6c0-0000-7000-8000-000000000000';

  /** Resolves when the gateway has noticed that the connection is gone: its next answers come after that. */
  async function gone(): Promise<void> {
    for (let time = 0; time < 3; time++) expect((await stand.get('/health')).status).toBe(200);
  }
});
