import { randomBytes, randomUUID } from 'node:crypto';
import { describe } from '@jest/globals';
import { type Clock, SystemClock } from '@flowkeep/config';
import {
  type Caller,
  type DataServiceName,
  type Flow,
  permissions,
  type ServiceName,
  toRights,
} from '@flowkeep/contracts';
import { type Logger, SilentLogger } from '@flowkeep/telemetry';
import { type Answers, missingParts, moduleOf, startNats, type TestClock, type TestNats } from '@flowkeep/testing';
import { InProcessBroker } from './in-process-link.ts';
import type { Link } from './link.ts';
import { LinkBus } from './link-bus.ts';
import { natsLink } from './nats-link.ts';
import { serve } from './serve.ts';

/** The three ways services can be joined. What holds for one holds for all. */
export const setUps = ['values', 'bytes', 'nats'] as const;

export type SetUp = (typeof setUps)[number];

/** Defines the same tests for every set-up; without a NATS server its part is skipped by name. */
export async function describeSetUps(title: string, define: (setUp: SetUp) => void): Promise<void> {
  const missing = await missingParts(['nats']);
  for (const setUp of setUps) {
    const run = setUp === 'nats' && missing.length > 0 ? describe.skip : describe;
    run(`${title}: ${setUp}`, () => define(setUp));
  }
}

export interface BusOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Puts something between the bus and its link. */
  readonly wrap?: (link: Link) => Link;
}

/** Services that meet on one bus. */
export interface Stand {
  readonly prefix: string;
  readonly nats: TestNats | undefined;
  /** A connected bus of one service. */
  connect(service: ServiceName, options?: BusOptions): Promise<LinkBus>;
  /** An instance of a service that answers; resolves with how to stop it. */
  serve(service: DataServiceName, answers: Answers, options?: BusOptions): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export async function openStand(setUp: SetUp): Promise<Stand> {
  const nats = setUp === 'nats' ? await startNats() : undefined;
  const prefix = nats?.prefix ?? `t${randomBytes(6).toString('hex')}`;
  const broker = setUp === 'nats' ? undefined : new InProcessBroker({ prefix, codec: setUp });
  const buses = new Set<LinkBus>();
  const stops = new Set<() => Promise<void>>();

  const linkOf = (service: ServiceName, clock: Clock, logger: Logger): Link =>
    broker?.connect(service) ?? natsLink({ ...natsOptions(nats as TestNats, service), clock, logger });

  const connect = async (service: ServiceName, options: BusOptions = {}) => {
    const { clock = new SystemClock(), logger = new SilentLogger(), wrap = (link: Link) => link } = options;
    const link = linkOf(service, nats === undefined ? clock : new SystemClock(), logger);
    const bus = new LinkBus({ link: wrap(link), prefix, clock, logger });
    buses.add(bus);
    await until(() => bus.connected());
    await bus.link.flush();
    return bus;
  };
  return {
    prefix,
    nats,
    connect,
    serve: async (service, answers, options) => {
      const bus = await connect(service, options);
      const app = await serve(moduleOf(service, answers), bus);
      const stop = async () => {
        stops.delete(stop);
        await app.close();
        buses.delete(bus);
        await bus.drain();
      };
      stops.add(stop);
      return stop;
    },
    close: async () => {
      await Promise.all([...stops].map((stop) => stop()));
      await Promise.all([...buses].map((bus) => bus.drain()));
      await nats?.stop();
    },
  };
}

export function natsOptions(nats: TestNats, service: ServiceName) {
  return { url: nats.url, service, password: nats.password(service), allowInsecure: false, ca: null };
}

/** Somebody who may do everything, or only what is listed. */
export function somebody(allowed: readonly (typeof permissions)[number][] = permissions): Caller {
  return { userId: randomUUID(), username: 'ada', workspaceId: randomUUID(), rights: [...toRights(allowed)] };
}

/** A flow with this document. */
export function flowOf(document: Flow['document']): Flow {
  return {
    id: randomUUID(),
    workspaceId: randomUUID(),
    ownerId: randomUUID(),
    projectId: null,
    dialect: 'langflow',
    name: 'x',
    description: null,
    endpointName: null,
    access: 'private',
    component: false,
    webhook: false,
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    document,
  };
}

/** Waits for something that happens without telling. */
export async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Moves a test's time on in small steps until something has ended, or `mostMs` have gone by. */
export async function passTime<T>(clock: TestClock, ending: Promise<T>, mostMs = 120_000): Promise<T> {
  const state = { ended: false };
  const mark = () => (state.ended = true);
  ending.then(mark, mark);
  for (let passed = 0; !state.ended && passed < mostMs; passed += 10) await clock.advance(10);
  if (!state.ended) throw new Error(`it has not ended within ${mostMs} ms`);
  return ending;
}

/** The code a call fails with. */
export function codeOf(failing: Promise<unknown>): Promise<string> {
  return failing.then(
    () => 'no error',
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
}
