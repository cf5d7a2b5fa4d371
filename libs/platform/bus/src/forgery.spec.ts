import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { principal, type ServiceName, subjects, verifyKey } from '@flowkeep/contracts';
import { settle, TestClock } from '@flowkeep/testing';
import { SilentLogger } from '@flowkeep/telemetry';
import { systemContext } from './bus.ts';
import { connectInProcess, createBroker } from './connect.ts';
import type { InProcessBroker } from './in-process-link.ts';
import type { Arrival, Link } from './link.ts';
import type { LinkBus } from './link-bus.ts';

const prefix = 'forgery';
const hash = 'a'.repeat(64);
const userId = '0191d6c0-0000-7000-8000-000000000000';

describe('a service that was not asked', () => {
  let broker: InProcessBroker;
  let clock: TestClock;
  let gateway: LinkBus;

  beforeEach(() => {
    broker = createBroker({ prefix, codec: 'bytes' });
    clock = new TestClock();
    gateway = connectInProcess(broker, { service: 'gateway', clock, logger: new SilentLogger() });
  });

  afterEach(() => gateway.drain());

  /** What a service that was broken into has: its own link, with everything that it is granted. */
  function brokenInto(service: ServiceName, hears: string): { link: Link; asked: Arrival[] } {
    const link = broker.connect(service);
    const asked: Arrival[] = [];
    link.subscribe(hears, undefined, (arrival) => asked.push(arrival));
    return { link, asked };
  }

  it("can't answer in another's place, though it guesses the id", async () => {
    const keys = brokenInto('keys', subjects.requests(prefix, verifyKey.name));
    const identity = broker.connect('identity');
    const answer = gateway.call(verifyKey, { hash }, systemContext);
    await settle();
    const reply = keys.asked[0]?.reply as string;
    const id = reply.slice(reply.lastIndexOf('.') + 1);
    const forged = subjects.reply(prefix, 'gateway', gateway.instance, 'identity', id);
    identity.publish(forged, { head: { k: 'reply' }, body: '{"forged":true}' });
    await settle();
    keys.link.publish(reply, { head: { k: 'reply' }, body: '{"forged":false}' });
    await settle();
    expect(await answer).toEqual({ forged: false });
  });

  it('may not even send under the name of the one that was', () => {
    const identity = broker.connect('identity');
    const subject = subjects.reply(prefix, 'gateway', gateway.instance, 'keys', 'x');
    expect(() => identity.publish(subject, { head: { k: 'reply' }, body: '{}' })).toThrow('identity may not publish');
  });

  it("can't end another's call by an instance that is no part of a subject", async () => {
    const identity = brokenInto('identity', subjects.requests(prefix, principal.name));
    const answer = gateway.call(principal, { userId }, systemContext);
    await settle();
    const reply = identity.asked[0]?.reply as string;
    identity.link.publish(reply, { head: { k: 'taken', i: 'x.gateway.y > z\r\nPUB a 1' } });
    await settle();
    identity.link.publish(reply, { head: { k: 'reply' }, body: '{"ok":true}' });
    await settle();
    expect(await answer).toEqual({ ok: true });
  });
});
