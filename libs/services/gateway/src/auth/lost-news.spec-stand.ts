import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { InProcessBroker, type Link, LinkBus, natsLink, serve } from '@flowkeep/bus';
import { readSettings, SystemClock } from '@flowkeep/config';
import {
  type CredentialFacts,
  type DataServiceName,
  DomainError,
  keysChanged,
  principal,
  type PrincipalFacts,
  principalsChanged,
  reportUsage,
  run,
  type ServiceName,
  subjects,
  verifyKey,
} from '@flowkeep/contracts';
import { generateKey, hashKey } from '@flowkeep/crypto';
import { SilentLogger } from '@flowkeep/telemetry';
import { Answers, type Fault, FaultyLink, moduleOf, startNats, TestClock, type TestNats } from '@flowkeep/testing';
import { startGateway } from '../create-gateway.ts';

export const setUps = ['in process', 'over NATS'] as const;
const flowId = '0191d6c0-0000-7000-8000-000000000001';
const logger = new SilentLogger();

/** A key, its holder, and what is true of both. */
export interface Held {
  readonly secret: string;
  key: CredentialFacts | null;
  person: PrincipalFacts;
}

/** What may become of a key: each says who tells the gateways. */
export const changes = {
  'the key deleted': ['keys', (held: Held) => (held.key = null)],
  'the key disabled': ['keys', (held: Held) => (held.key = next(held.key, { enabled: false }))],
  'the key enabled': ['keys', (held: Held) => (held.key = next(held.key, { enabled: true }))],
  'its holder deactivated': ['identity', (held: Held) => (held.person = next(held.person, { active: false }))],
  'its holder activated': ['identity', (held: Held) => (held.person = next(held.person, { active: true }))],
} as const satisfies Record<string, readonly [DataServiceName, (held: Held) => unknown]>;
export type Change = keyof typeof changes;

/** A gateway between services that send news of changes through a link that loses them, and nothing else. */
export async function newsStand(setUp: (typeof setUps)[number]) {
  const nats: TestNats | undefined = setUp === 'over NATS' ? await startNats() : undefined;
  const prefix = nats?.prefix ?? `t${randomBytes(6).toString('hex')}`;
  const broker = new InProcessBroker({ prefix, codec: 'bytes' });
  const clock = new TestClock();
  const state = { fault: undefined as Fault | undefined, lookUps: [] as string[] };
  const byHash = new Map<string, Held>();
  const byUser = new Map<string, Held>();
  const news = new Set([keysChanged, principalsChanged].map(({ name }) => subjects.event(prefix, name)));

  const linkOf = (service: ServiceName): Link =>
    nats === undefined
      ? broker.connect(service)
      : natsLink({
          url: nats.url,
          service,
          password: nats.password(service),
          allowInsecure: false,
          ca: null,
          clock: new SystemClock(),
          logger,
        });
  const buses = new Map<ServiceName, LinkBus>();
  const connect = (service: ServiceName) => {
    const fault = (_packet: unknown, subject: string) => (news.has(subject) ? state.fault : undefined);
    const link = new FaultyLink({ link: linkOf(service), clock, fault, delayMs: 3_000 });
    const bus = new LinkBus({ link, prefix, clock, logger });
    buses.set(service, bus);
    return bus;
  };
  /** Until every service has a connection, or none has. */
  const connected = async (is: boolean) => {
    while (![...buses.values()].every((bus) => bus.connected() === is))
      await new Promise((wait) => setTimeout(wait, 2));
  };
  /** Until every service is connected, and what was sent before has arrived. */
  const settled = async () => {
    await connected(true);
    for (const service of ['keys', 'identity', 'runner', 'gateway'] as const) await buses.get(service)?.link.flush();
  };

  const answers = new Answers()
    .on(verifyKey, ({ hash }) => {
      state.lookUps.push('key');
      const { key } = byHash.get(hash) ?? { key: null };
      return key === null ? Promise.reject(new DomainError('key_invalid')) : Promise.resolve(key);
    })
    .on(principal, ({ userId }) => {
      state.lookUps.push('person');
      const held = byUser.get(userId);
      return held === undefined ? Promise.reject(new DomainError('user_not_found')) : Promise.resolve(held.person);
    })
    .on(reportUsage, () => Promise.resolve({ applied: true }))
    .on(run, () => Promise.resolve({ runId: flowId, flowId, sessionId: 's', input: 'x', outputs: [] }));
  const apps: { close(): Promise<void> }[] = [];
  for (const service of ['keys', 'identity', 'runner'] as const) {
    apps.push(await serve(moduleOf(service, answers), connect(service)));
  }
  const { settings } = readSettings({ mode: 'standalone', sources: [{ FLOWKEEP_PORT: '0' }] });
  const gateway = await startGateway({ settings, bus: connect('gateway'), clock, logger });
  await settled();

  const status = async ({ secret }: Held) => {
    const response = await fetch(`${gateway.url}/api/v1/run/${flowId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': secret },
      body: '{"input_value":"x"}',
    });
    await response.arrayBuffer();
    return response.status;
  };
  return {
    nats,
    clock,
    state,
    connected,
    settled,
    /** Whether a run with the key passes; anything but a verdict fails. */
    passes: async (held: Held) => {
      const answer = await status(held);
      expect([200, 401, 403]).toContain(answer);
      return answer === 200;
    },
    issue: (): Held => {
      const held = newKey();
      byHash.set(hashKey(held.secret), held);
      byUser.set(held.person.userId, held);
      return held;
    },
    /** Makes a change and sends the news of it, to which `fault` happens. */
    change: (held: Held, change: Change, fault?: Fault) => {
      const [service, apply] = changes[change];
      const { keyId, revision } = held.key ?? { keyId: randomUUID(), revision: 0 };
      apply(held);
      state.fault = fault;
      const { userId, revision: ofPerson } = held.person;
      if (service === 'identity') {
        buses.get(service)?.emit(principalsChanged, { principals: [{ userId, revision: ofPerson }] });
      } else buses.get(service)?.emit(keysChanged, { keys: [{ keyId, revision: revision + 1 }] });
      state.fault = undefined;
    },
    stop: async () => {
      await gateway.stop();
      for (const app of apps) await app.close();
      for (const bus of buses.values()) await bus.drain();
      await nats?.stop();
    },
  };
}

function next<T extends { readonly revision: number } | null>(facts: T, change: Partial<T>): T {
  return facts === null ? facts : { ...facts, ...change, revision: facts.revision + 1 };
}

function newKey(): Held {
  const workspaceId = randomUUID();
  const person: PrincipalFacts = {
    userId: randomUUID(),
    username: 'ada',
    active: true,
    superuser: false,
    defaultWorkspaceId: workspaceId,
    memberships: [{ workspaceId, role: 'owner' }],
    sessions: [],
    revision: 1,
  };
  const key: CredentialFacts = {
    keyId: randomUUID(),
    ownerId: person.userId,
    workspaceId,
    permissions: ['*'],
    scope: { flowIds: [], projectIds: [] },
    enabled: true,
    notBefore: null,
    expiresAt: null,
    addresses: [],
    rateLimit: null,
    quota: null,
    secret: 'current',
    secretValidUntil: null,
    revision: 1,
  };
  return { secret: generateKey(), key, person };
}
