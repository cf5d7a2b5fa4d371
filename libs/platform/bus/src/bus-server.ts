import { TransientMap } from '@flowkeep/collections';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import {
  busLimits,
  type DataServiceName,
  type Envelope,
  envelope as envelopeSchema,
  type Operation,
  operationsOf,
  type ServiceName,
  serviceNames,
  subjects,
} from '@flowkeep/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Arrival, Unsubscribe } from './link.ts';
import type { LinkBus } from './link-bus.ts';
import { type Answerer, Task } from './task.ts';

/** How many finished requests are remembered at least, to tell a repeated delivery from a new request. */
const rememberedRequests = 10_000;

/** Answers a service's operations over the bus: Nest's side of it. */
export class BusServer extends Server implements CustomTransportStrategy {
  private readonly tasks = new TransientMap<string, Task>();
  private seen = new Set<string>();
  /** The generation before: dropping it whole is cheap, taking the oldest out of a set is not. */
  private seenBefore = new Set<string>();
  private readonly repeatedHandlers = new Set<string>();
  private readonly unsubscribers: Unsubscribe[] = [];
  private stopControls: Unsubscribe | undefined;
  private draining = false;
  private whenIdle: (() => void) | undefined;

  constructor(private readonly bus: LinkBus) {
    super();
  }

  /** Starts answering. Fails unless every operation of the service has exactly one handler, and no handler another name. */
  listen(callback: (error?: unknown) => void): void {
    try {
      const operations = operationsOf(this.bus.service as DataServiceName);
      this.requireHandlers(operations);
      const { prefix, service, instance } = this.bus;
      for (const operation of operations) this.answer(operation);
      this.stopControls = this.bus.hear(
        subjects.controls(prefix, service, instance),
        undefined,
        ({ subject, packet }) => this.tasks.get(callerAndId(subject))?.control(packet),
      );
      void this.bus.link.flush().then(() => callback(), callback);
    } catch (error) {
      callback(error);
    }
  }

  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler?: boolean): void {
    const name = String(pattern);
    if (this.messageHandlers.has(name)) this.repeatedHandlers.add(name);
    super.addHandler(pattern, callback, isEventHandler);
  }

  /** Stops taking requests and waits for those under way; what is left after 30 s is ended. */
  async close(): Promise<void> {
    this.draining = true;
    // What was given to this instance before it unsubscribed is still answered.
    await Promise.all(this.unsubscribers.map((unsubscribe) => unsubscribe()));
    // Still subscribed to control packets: a stream under way needs its credit.
    if (this.tasks.size > 0) {
      const idle = new Promise<void>((resolve) => (this.whenIdle = resolve));
      await Promise.race([idle, this.bus.clock.sleep(busLimits.drainMs)]);
    }
    for (const task of this.tasks.values()) task.end();
    await this.stopControls?.();
  }

  on(): void {
    throw new Error('the bus has no server events');
  }

  unwrap(): never {
    throw new Error('the bus has no server of its own');
  }

  private answer(operation: Operation): void {
    const { prefix, service } = this.bus;
    const answer = answererOf(this.messageHandlers.get(operation.name) as MessageHandler);
    const subject = subjects.requests(prefix, operation.name);
    this.unsubscribers.push(this.bus.hear(subject, service, (arrival) => void this.take(operation, answer, arrival)));
  }

  private async take(operation: Operation, answer: Answerer, { subject, packet }: Arrival): Promise<void> {
    const { head, body } = packet;
    const from = subject.slice(subject.lastIndexOf('.') + 1) as ServiceName;
    if (head.k !== 'ask' || !serviceNames.includes(from)) return;
    const envelope = this.envelopeOf(head.e);
    if (envelope === undefined) {
      this.bus.logger.error('a request has no valid envelope', { operation: operation.name, from });
      return;
    }
    // Ids are the caller's choice: with its name, which is not, they can't be mixed up with another's.
    const key = `${from}.${envelope.id}`;
    if (envelope.remainingMs === 0 || this.isRepeated(operation, key)) return;
    const task = new Task({ bus: this.bus, operation, envelope, from, answer });
    this.tasks.add(key, task);
    await task.run(body, head.framed === true);
    this.tasks.delete(key);
    if (this.draining && this.tasks.size === 0) this.whenIdle?.();
  }

  /** What comes as a value was made by a bus of this process, which has no other envelopes; what comes in bytes is checked. */
  private envelopeOf(value: Envelope): Envelope | undefined {
    return this.bus.link.codec === 'values' ? value : envelopeSchema.safeParse(value).data;
  }

  /** A look-up may be asked twice; what changes something is done once however often it is delivered. */
  private isRepeated(operation: Operation, key: string): boolean {
    if (operation.kind === 'lookup') return false;
    if (this.seen.has(key) || this.seenBefore.has(key)) return true;
    this.seen.add(key);
    if (this.seen.size >= rememberedRequests) {
      this.seenBefore = this.seen;
      this.seen = new Set();
    }
    return false;
  }

  private requireHandlers(operations: readonly Operation[]): void {
    const names = new Set<string>(operations.map(({ name }) => name));
    const problems = [
      ...[...names].filter((name) => !this.messageHandlers.has(name)).map((name) => `${name} has no handler`),
      ...[...this.messageHandlers.keys()]
        .filter((name) => !names.has(name))
        .map((name) => `${name} is no operation of ${this.bus.service}`),
      ...[...this.repeatedHandlers].map((name) => `${name} has more than one handler`),
    ];
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

/** The two last parts of a control packet's subject: who sends it, as the broker vouches, and for which request. */
function callerAndId(subject: string): string {
  return subject.slice(subject.lastIndexOf('.', subject.lastIndexOf('.') - 1) + 1);
}

/** Nest hands out handlers that answer a promise of an observable of one value; what it gives is unwrapped once. */
function answererOf(handler: MessageHandler): Answerer {
  return async (request, context) => {
    const result = (await handler(request, context)) as unknown;
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  };
}
