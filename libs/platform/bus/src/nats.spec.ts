import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '@flowkeep/config';
import { deleteFlows, principalsChanged, runnerHealth, type ServiceName, signIn } from '@flowkeep/contracts';
import { SilentLogger } from '@flowkeep/telemetry';
import { Answers, missingParts, moduleOf, startNats, TestClock, type TestNats } from '@flowkeep/testing';
import { codeOf, natsOptions, somebody, until } from './bus.spec-stand.ts';
import { connectNats } from './connect.ts';
import type { LinkBus } from './link-bus.ts';
import { serve } from './serve.ts';

const missing = await missingParts(['nats']);
const ok = { database: 'ok' } as const;
const logger = new SilentLogger();

(missing.length === 0 ? describe : describe.skip)('the bus over NATS', () => {
  const cleanUps: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  const start = async (users = true) => {
    const nats = await startNats({ users });
    cleanUps.push(() => nats.stop());
    return nats;
  };
  const connect = (nats: TestNats, service: ServiceName, prefix = nats.prefix) => {
    const bus = connectNats({ ...natsOptions(nats, service), prefix, clock: new SystemClock(), logger });
    cleanUps.push(() => bus.drain());
    return bus;
  };
  const answerHealth = async (bus: LinkBus, handler = () => Promise.resolve(ok)) => {
    const answers = new Answers().on(runnerHealth, handler).on(deleteFlows, () => Promise.resolve({ deleted: 1 }));
    const app = await serve(moduleOf('runner', answers), bus);
    cleanUps.push(() => app.close());
  };
  const health = (bus: LinkBus) => bus.call(runnerHealth, {}, { caller: null });
  const remove = (bus: LinkBus) => bus.call(deleteFlows, { flowIds: [randomUUID()] }, { caller: somebody() });

  it('two installations under two prefixes never meet', async () => {
    const nats = await start(false);
    const prefixes = [0, 1].map(() => `t${randomBytes(6).toString('hex')}`);
    const served = [0, 0];
    const gateways: LinkBus[] = [];
    for (const [index, prefix] of prefixes.entries()) {
      const runner = connect(nats, 'runner', prefix);
      await until(() => runner.connected());
      await answerHealth(runner, () => {
        served[index] = (served[index] ?? 0) + 1;
        return Promise.resolve(ok);
      });
      gateways.push(connect(nats, 'gateway', prefix));
    }
    await until(() => gateways.every((bus) => bus.connected()));
    for (let round = 0; round < 20; round++) await health(gateways[0] as LinkBus);
    expect(served).toEqual([20, 0]);
    const heard: string[] = [];
    gateways.forEach((bus, index) => bus.on(principalsChanged, () => heard.push(String(index))));
    await Promise.all(gateways.map(({ link }) => link.flush()));
    const identity = connect(nats, 'identity', prefixes[1]);
    await until(() => identity.connected());
    identity.emit(principalsChanged, { principals: [] });
    await until(() => heard.length > 0);
    await health(gateways[0] as LinkBus);
    expect(heard).toEqual(['1']);
  });

  it('waits for a server that comes later', async () => {
    const nats = await start();
    await nats.pause();
    const gateway = connect(nats, 'gateway');
    const runner = connect(nats, 'runner');
    let told = 0;
    gateway.onReconnect(() => told++);
    await answerHealth(runner);
    expect(gateway.connected()).toBe(false);
    expect(await codeOf(remove(gateway))).toBe('unavailable');
    await nats.resume();
    await until(() => gateway.connected() && runner.connected());
    await runner.link.flush();
    expect(await health(gateway)).toEqual(ok);
    expect(told).toBe(1);
  });

  it('survives the loss of its server and tells that it is back', async () => {
    const nats = await start();
    const gateway = connect(nats, 'gateway');
    const runner = connect(nats, 'runner');
    let told = 0;
    gateway.onReconnect(() => told++);
    await until(() => gateway.connected() && runner.connected());
    await answerHealth(runner);
    expect(await health(gateway)).toEqual(ok);
    await nats.pause();
    await until(() => !gateway.connected());
    expect(await codeOf(remove(gateway))).toBe('unavailable');
    expect(await codeOf(gateway.call(runnerHealth, {}, { caller: null, remainingMs: () => 50 }))).toBe('unavailable');
    await nats.resume();
    await until(() => gateway.connected() && runner.connected());
    await runner.link.flush();
    expect(told).toBe(1);
    expect(await health(gateway)).toEqual(ok);
  });

  it('what is under way when the connection is lost ends at its deadline', async () => {
    const nats = await start();
    const clock = new TestClock();
    const gateway = connectNats({ ...natsOptions(nats, 'gateway'), prefix: nats.prefix, clock, logger });
    cleanUps.push(() => gateway.drain());
    const runner = connect(nats, 'runner');
    await until(() => gateway.connected() && runner.connected());
    const reached = Promise.withResolvers<undefined>();
    const going = Promise.withResolvers<typeof ok>();
    const answers = new Answers().on(deleteFlows, async () => {
      reached.resolve(undefined);
      await going.promise;
      return { deleted: 1 };
    });
    const app = await serve(moduleOf('runner', answers), runner);
    cleanUps.push(() => app.close());
    const code = codeOf(remove(gateway));
    await reached.promise;
    await nats.pause();
    await until(() => !gateway.connected());
    await clock.advance(deleteFlows.timeoutMs);
    expect(await code).toBe('unavailable');
    going.resolve(ok);
  });

  it('ends without a server too', async () => {
    const nats = await start();
    await nats.pause();
    const bus = connect(nats, 'gateway');
    await bus.drain();
    expect(bus.connected()).toBe(false);
  });

  it.each(['nats://10.0.0.7:4222', 'nats://nats.example:4222', 'nats://127.0.0.1.example:4222', 'nats://[::2]:4222'])(
    'refuses to send secrets to %s',
    (url) => {
      const options = { url, service: 'gateway', password: null, allowInsecure: false, ca: null, prefix: 'x' } as const;
      expect(() => connectNats({ ...options, clock: new TestClock(), logger })).toThrow(/FLOWKEEP_NATS_INSECURE=true/);
    },
  );

  it('the tap sees everything, and no secret', async () => {
    const nats = await start();
    const tap = await nats.tap();
    cleanUps.push(() => tap.close());
    const identity = connect(nats, 'identity');
    const gateway = connect(nats, 'gateway');
    await until(() => gateway.connected() && identity.connected());
    const reply = {
      accessToken: 'canary-token',
      expiresAt: 0,
      refreshToken: 'canary-refresh-token',
      refreshExpiresAt: 0,
      userId: randomUUID(),
      sessionId: randomUUID(),
      revision: 1,
    };
    const app = await serve(
      moduleOf(
        'identity',
        new Answers().on(signIn, () => Promise.resolve(reply)),
      ),
      identity,
    );
    cleanUps.push(() => app.close());
    const request = { username: 'visible-name', password: 'canary-password', address: '', userAgent: '' };
    expect(await gateway.call(signIn, request, { caller: null })).toEqual(reply);
    await gateway.link.flush();
    const texts = (await tap.texts()).join('\n');
    expect(texts).toContain('visible-name');
    expect(texts).toContain(reply.sessionId);
    expect(texts).not.toContain('canary');
  });
});
