import { TransientMap } from '@flowkeep/collections';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '@flowkeep/config';
import {
  busLimits,
  type Call,
  DomainError,
  type Event,
  type FrameOf,
  type Operation,
  type PayloadOf,
  type ReplyOf,
  type RequestInput,
  type ServiceName,
  type Stream,
  subjects,
} from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import { Bus, type CallContext } from './bus.ts';
import { Exchange } from './exchange.ts';
import { type Arrival, type Link, LinkPermissionError, type Unsubscribe } from './link.ts';
import { pack, type Packet, unpack } from './packet.ts';

/** How deep calls may nest; more is a loop. */
const maxHops = 16;

/** How many calls that were given up are remembered until somebody says that it works for them. */
const maxOrphans = 1_000;

export interface LinkBusOptions {
  readonly link: Link;
  readonly prefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The bus over a link: one protocol for both transports. */
export class LinkBus extends Bus {
  readonly service: ServiceName;
  readonly instance = randomBytes(8).toString('hex');
  readonly link: Link;
  readonly prefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
  private readonly exchanges = new TransientMap<string, Exchange>();
  /** Those given up before it was known who works for them, under the ids they were sent as. */
  private readonly orphans = new Map<string, Exchange>();
  private under = 0;
  private count = 0;
  private draining = false;
  private whenIdle: (() => void) | undefined;

  constructor({ link, prefix, clock, logger }: LinkBusOptions) {
    super();
    this.service = link.service;
    this.link = link;
    this.prefix = prefix;
    this.clock = clock;
    this.logger = logger;
    link.onNobody((reply) => {
      const { callee, id } = replyParts(reply);
      this.exchangeOf(callee, id)?.nobody(id);
    });
    try {
      this.hear(subjects.replies(prefix, this.service, this.instance), undefined, ({ subject, packet }) =>
        this.arrive(subject, packet),
      );
    } catch (error) {
      // A service that asks nobody is granted no replies.
      if (!(error instanceof LinkPermissionError)) throw error;
    }
  }

  async call<Op extends Call>(operation: Op, request: RequestInput<Op>, context: CallContext): Promise<ReplyOf<Op>> {
    const exchange = this.open(operation, request, context);
    try {
      return (await exchange.answer) as ReplyOf<Op>;
    } finally {
      this.finish(exchange);
    }
  }

  async *stream<Op extends Stream>(
    operation: Op,
    request: RequestInput<Op>,
    context: CallContext,
  ): AsyncGenerator<FrameOf<Op>, void, undefined> {
    const exchange = this.open(operation, request, context);
    let ended = false;
    try {
      for (let frame = await exchange.next(); frame !== undefined; frame = await exchange.next()) {
        yield frame.value as FrameOf<Op>;
      }
      ended = true;
    } finally {
      if (!ended) exchange.cancel();
      this.finish(exchange);
    }
  }

  emit<E extends Event>(event: E, payload: PayloadOf<E>): void {
    const { body } = pack(this.link.codec, payload);
    this.link.publish(subjects.event(this.prefix, event.name), { head: { k: 'reply' }, body });
  }

  on<E extends Event>(event: E, listener: (payload: PayloadOf<E>) => void): () => void {
    const unsubscribe = this.hear(subjects.event(this.prefix, event.name), undefined, ({ packet }) =>
      listener(event.payload.parse(unpack(this.link.codec, packet.body)) as PayloadOf<E>),
    );
    return () => void unsubscribe();
  }

  /** Subscribes; a packet that can't be taken is logged and costs nobody else anything. */
  hear(pattern: string, queue: string | undefined, onPacket: (arrival: Arrival) => void): Unsubscribe {
    return this.link.subscribe(pattern, queue, (arrival) => {
      try {
        onPacket(arrival);
      } catch (error) {
        this.logger.error('a packet could not be taken', { subject: arrival.subject, error });
      }
    });
  }

  onReconnect(listener: () => void): () => void {
    return this.link.onReconnect(listener);
  }

  connected(): boolean {
    return this.link.connected();
  }

  /** Waits for the calls under way, for 30 s at most, then closes the link. */
  async drain(): Promise<void> {
    this.draining = true;
    if (this.under > 0) {
      const idle = new Promise<void>((resolve) => (this.whenIdle = resolve));
      await Promise.race([idle, this.clock.sleep(busLimits.drainMs)]);
    }
    await this.link.close();
  }

  private open(operation: Operation, request: unknown, context: CallContext): Exchange {
    if (this.draining) throw new DomainError('unavailable', { detail: 'the bus is closing' });
    if (!operation.callers.includes(this.service)) {
      throw new DomainError('caller_forbidden', { detail: `${this.service} may not ask ${operation.name}` });
    }
    const hop = (context.hop ?? -1) + 1;
    if (hop > maxHops) throw new DomainError('internal', { detail: `calls nest more than ${maxHops} deep` });
    if (context.signal?.aborted === true) {
      const reason: unknown = context.signal.reason;
      throw reason instanceof DomainError ? reason : new DomainError('run_cancelled');
    }
    const timeoutMs = Math.min(operation.timeoutMs, context.remainingMs?.() ?? Number.POSITIVE_INFINITY);
    if (timeoutMs <= 0) throw new DomainError('unavailable', { detail: `no time is left for ${operation.name}` });
    const packed = pack(this.link.codec, request ?? {});
    this.under++;
    return new Exchange({
      bus: this,
      operation,
      envelope: {
        v: 1,
        instance: this.instance,
        caller: context.caller,
        trace: context.trace ?? randomUUID().replaceAll('-', ''),
        hop,
      },
      timeoutMs,
      request: packed,
      framed: this.link.codec === 'bytes' && packed.bytes > busLimits.frameBytes,
      signal: context.signal,
      newId: (exchange) => this.register(exchange),
    });
  }

  private register(exchange: Exchange): string {
    const id = `${this.instance}-${(++this.count).toString(36)}`;
    exchange.ids.push(id);
    this.exchanges.add(id, exchange);
    return id;
  }

  private arrive(subject: string, packet: Packet): void {
    const { callee, id } = replyParts(subject);
    const exchange = this.exchangeOf(callee, id);
    if (exchange !== undefined) exchange.arrive(id, packet);
    else if (packet.head.k === 'taken' || packet.head.k === 'beat') {
      // Whoever has just begun to work for a caller that left can now be told.
      const orphan = this.orphans.get(id);
      if (orphan?.callee !== callee) return;
      orphan.arrive(id, packet);
      this.orphans.delete(id);
    }
  }

  /**
   * The exchange that a reply belongs to. The broker lets a service publish only its own name in the place of the callee:
   * whoever was not asked can't answer, even if it guesses the id.
   */
  private exchangeOf(callee: string, id: string): Exchange | undefined {
    const exchange = this.exchanges.get(id);
    return exchange?.callee === callee ? exchange : undefined;
  }

  private finish(exchange: Exchange): void {
    exchange.close();
    for (const id of exchange.ids) {
      this.exchanges.delete(id);
      if (exchange.awaitsTaker) this.orphans.set(id, exchange);
    }
    if (this.orphans.size > maxOrphans) this.orphans.delete(this.orphans.keys().next().value as string);
    this.under--;
    if (this.under === 0) this.whenIdle?.();
  }
}

/** The two last parts of a reply's subject. */
function replyParts(subject: string): { callee: string; id: string } {
  const dot = subject.lastIndexOf('.');
  return { callee: subject.slice(subject.lastIndexOf('.', dot - 1) + 1, dot), id: subject.slice(dot + 1) };
}
