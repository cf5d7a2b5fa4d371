import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createKey,
  dataServiceNames,
  type Operation,
  operations,
  principal,
  principalsChanged,
  serviceNames,
  subjectGrants,
  subjects,
  whoami,
} from '@flowkeep/contracts';
import type { NatsTap } from '@flowkeep/testing';
import { Answers } from '@flowkeep/testing';
import { codeOf, describeSetUps, openStand, somebody, type Stand, until } from './bus.spec-stand.ts';
import type { LinkBus } from './link-bus.ts';
import { LinkPermissionError } from './link.ts';
import { BusServer } from './bus-server.ts';
import type { Packet } from './packet.ts';

const forbidden = operations.flatMap((operation: Operation) =>
  serviceNames.filter((name) => !operation.callers.includes(name)).map((caller) => ({ operation, caller })),
);

/** A request as a caller would send it that does not care about the rules. */
function ask(bus: LinkBus, caller: unknown = somebody()): Packet {
  const e = {
    v: 1,
    id: randomUUID(),
    instance: bus.instance,
    caller,
    trace: '0'.repeat(32),
    hop: 0,
    remainingMs: 1000,
  };
  return { head: { k: 'ask', e: e as never }, body: bus.link.codec === 'values' ? {} : '{}' };
}

await describeSetUps('access', (setUp) => {
  let stand: Stand;
  const handled: string[] = [];
  let tap: NatsTap | undefined;
  const buses = new Map<string, LinkBus>();
  const busOf = (name: string) => buses.get(name) as LinkBus;

  beforeAll(async () => {
    stand = await openStand(setUp);
    const answers = new Answers();
    for (const operation of operations) {
      answers.handlers.set(operation.name, () => {
        handled.push(operation.name);
        throw new Error('reached');
      });
    }
    for (const name of dataServiceNames) await stand.serve(name, answers);
    for (const name of serviceNames) buses.set(name, await stand.connect(name));
    tap = await stand.nats?.tap();
  });
  afterAll(async () => {
    await tap?.close();
    await stand.close();
  });

  /** What was published until now has met the server, and none of it was let through. */
  const expectNothingCrossed = async () => {
    await Promise.all([...buses.values()].map(({ link }) => link.flush()));
    expect(await tap?.texts()).toEqual(tap === undefined ? undefined : []);
    expect(handled).toEqual([]);
  };

  it('has forbidden pairs to try', () => expect(forbidden.length).toBeGreaterThan(50));

  it('every forbidden call is refused by the client', async () => {
    for (const { operation, caller } of forbidden) {
      const context = { caller: somebody() };
      const bus = busOf(caller);
      const call =
        operation.kind === 'stream'
          ? bus.stream(operation, {}, context)[Symbol.asyncIterator]().next()
          : bus.call(operation, {}, context);
      expect([operation.name, caller, await codeOf(call)]).toEqual([operation.name, caller, 'caller_forbidden']);
    }
    expect(handled).toEqual([]);
  });

  it('every forbidden request is stopped between the services', async () => {
    for (const { operation, caller } of forbidden) {
      const { link } = busOf(caller);
      const send = () => link.publish(subjects.request(stand.prefix, operation.name, caller), ask(busOf(caller)));
      if (setUp === 'nats') send();
      else expect(send).toThrow(LinkPermissionError);
    }
    await expectNothingCrossed();
  });

  it('nobody sends in the name of another', async () => {
    for (const operation of operations) {
      for (const named of operation.callers) {
        for (const caller of serviceNames.filter((name) => name !== named)) {
          const { link } = busOf(caller);
          const subject = subjects.request(stand.prefix, operation.name, named);
          const send = () => link.publish(subject, ask(busOf(caller)));
          if (setUp === 'nats') send();
          else expect(send).toThrow(LinkPermissionError);
        }
      }
    }
    await expectNothingCrossed();
  });

  it('every subject of another service is closed to listeners', async () => {
    const all = subjectGrants(stand.prefix);
    const heard: string[] = [];
    const refused = async (name: string, pattern: string) => {
      const { link } = busOf(name);
      if (setUp === 'nats') link.subscribe(pattern, undefined, ({ subject }) => heard.push(`${name} ${subject}`));
      else expect(() => link.subscribe(pattern, undefined, () => undefined)).toThrow(LinkPermissionError);
      await link.flush();
    };
    for (const name of serviceNames) {
      const own = new Set(all[name].subscribe);
      const patterns = serviceNames.flatMap((other) => all[other].subscribe).filter((pattern) => !own.has(pattern));
      for (const pattern of [...patterns, `${stand.prefix}.>`, '>', `${stand.prefix}.*.*.*`]) {
        await refused(name, pattern);
      }
    }
    await codeOf(busOf('gateway').call(principal, { userId: randomUUID() }, { caller: null }));
    expect(handled.splice(0)).toEqual(['identity.principal']);
    expect(heard).toEqual([]);
  });

  it.each([
    ['somebody, where nobody is', whoami, null, 'credential_missing'],
    ['somebody, where a permission is asked for', createKey, null, 'credential_missing'],
    ['the permission', createKey, somebody(['keys:view']), 'insufficient_permission'],
  ] as const)('the callee asks for %s', async (_name, operation, caller, code) => {
    const request = { name: 'x', permissions: [] };
    expect(await codeOf(busOf('gateway').call(operation, request, { caller }))).toBe(code);
    expect(handled).toEqual([]);
  });

  it.each([
    ['signed in', whoami, somebody([])],
    ['the permission', createKey, somebody(['keys:create'])],
    ['the service itself', principal, null],
  ] as const)('lets through who has %s', async (_name, operation, caller) => {
    const request = { name: 'x', permissions: [], userId: randomUUID() };
    expect(await codeOf(busOf('gateway').call(operation, request as never, { caller }))).toBe('internal');
    expect(handled.splice(0)).toEqual([operation.name]);
  });

  it('hears events of whom it is told to hear', async () => {
    const heard: unknown[] = [];
    const stop = busOf('gateway').on(principalsChanged, (payload) => heard.push(payload));
    await busOf('gateway').link.flush();
    const payload = { principals: [{ userId: randomUUID(), revision: 3 }] };
    busOf('identity').emit(principalsChanged, payload);
    await until(() => heard.length === 1);
    expect(heard).toEqual([payload]);
    stop();
    if (setUp !== 'nats') expect(() => busOf('keys').emit(principalsChanged, payload)).toThrow(LinkPermissionError);
  });
});

await describeSetUps('the callee alone', (setUp) => {
  it('refuses every forbidden request, were it to arrive', async () => {
    const stand = await openStand(setUp);
    try {
      for (const name of dataServiceNames) {
        const requests = new Map<string, (subject: string, packet: Packet) => void>();
        const replies: unknown[] = [];
        const bus = await stand.connect(name, {
          wrap: (link) => ({
            ...bound(link),
            subscribe: (pattern, queue, onPacket) => {
              requests.set(pattern, (subject, packet) => onPacket({ subject, packet, reply: undefined }));
              return link.subscribe(pattern, queue, onPacket);
            },
            publish: (_subject, { head }) => replies.push(head.k === 'fail' ? head.error.code : head.k),
          }),
        });
        const server = new BusServer(bus);
        for (const operation of operations.filter(({ callee }) => callee === name)) {
          server.addHandler(operation.name, () => Promise.resolve(replies.push(`${operation.name} was carried out`)));
        }
        await new Promise((resolve) => server.listen(resolve));
        const pairs = forbidden.filter(({ operation }) => operation.callee === name);
        for (const { operation, caller } of pairs) {
          const take = requests.get(subjects.requests(stand.prefix, operation.name));
          take?.(subjects.request(stand.prefix, operation.name, caller), ask(bus));
        }
        await until(() => replies.filter((reply) => reply !== 'taken').length >= pairs.length);
        expect(new Set(replies.filter((reply) => reply !== 'taken'))).toEqual(new Set(['caller_forbidden']));
        await server.close();
      }
    } finally {
      await stand.close();
    }
  });
});

/** A link's methods, to be replaced one by one. */
function bound(link: LinkBus['link']): LinkBus['link'] {
  return {
    service: link.service,
    codec: link.codec,
    publish: link.publish.bind(link),
    subscribe: link.subscribe.bind(link),
    onNobody: link.onNobody.bind(link),
    onReconnect: link.onReconnect.bind(link),
    connected: link.connected.bind(link),
    flush: link.flush.bind(link),
    close: link.close.bind(link),
  };
}
