import { randomBytes, randomUUID } from 'node:crypto';
import type { CancelTimer, Clock } from '@flowkeep/config';
import {
  busLimits,
  type Call,
  DomainError,
  type Envelope,
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
import { type Link, LinkPermissionError } from './link.ts';
import { pack, type Packet, unpack } from './packet.ts';

/** A look-up that nobody took or answered is asked again after this pause. */
const retryPauseMs = 100;

/** A look-up whose answer does not come is asked again after a third of its time. */
const impatience = 3;

/** How deep calls may nest; more is a loop. */
const maxHops = 16;

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
  private readonly exchanges = new Map<string, Exchange>();
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
    link.onNobody((reply) => this.exchanges.get(lastPart(reply))?.nobody());
    try {
      link.subscribe(subjects.replies(prefix, this.service, this.instance), undefined, ({ subject, packet }) =>
        this.exchanges.get(lastPart(subject))?.arrive(packet),
      );
    } catch (error) {
      // A service that asks nobody is granted no replies.
      if (!(error instanceof LinkPermissionError)) throw error;
    }
  }

  async call<Op extends Call>(operation: Op, request: RequestInput<Op>, context: CallContext): Promise<ReplyOf<Op>> {
    const exchange = this.open(operation, request, context);
    try {
      return (await exchange.reply()) as ReplyOf<Op>;
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
    return this.link.subscribe(subjects.event(this.prefix, event.name), undefined, ({ packet }) => {
      const payload = event.payload.safeParse(unpack(this.link.codec, packet.body));
      if (payload.success) listener(payload.data as PayloadOf<E>);
      else this.logger.error('an event does not fit its contract', { event: event.name });
    });
  }

  onReconnect(listener: () => void): () => void {
    return this.link.onReconnect(listener);
  }

  connected(): boolean {
    return this.link.connected();
  }

  /** Waits for the calls under way, then closes the link. */
  async drain(): Promise<void> {
    this.draining = true;
    if (this.exchanges.size > 0) await new Promise<void>((resolve) => (this.whenIdle = resolve));
    await this.link.close();
  }

  private open(operation: Operation, request: unknown, context: CallContext): Exchange {
    if (this.draining) throw new DomainError('unavailable', { detail: 'the bus is closing' });
    if (!operation.callers.includes(this.service)) {
      throw new DomainError('caller_forbidden', { detail: `${this.service} may not ask ${operation.name}` });
    }
    const hop = (context.hop ?? -1) + 1;
    if (hop > maxHops) throw new DomainError('internal', { detail: `calls nest more than ${maxHops} deep` });
    context.signal?.throwIfAborted();
    const timeoutMs = Math.min(operation.timeoutMs, context.remainingMs?.() ?? Number.POSITIVE_INFINITY);
    const id = `${this.instance}-${(++this.count).toString(36)}`;
    const envelope: Envelope = {
      v: 1,
      id,
      instance: this.instance,
      caller: context.caller,
      trace: context.trace ?? randomUUID().replaceAll('-', ''),
      hop,
      remainingMs: Math.max(0, Math.ceil(timeoutMs)),
    };
    const { body, bytes } = pack(this.link.codec, request ?? {});
    const framed = this.link.codec === 'bytes' && bytes > busLimits.frameBytes;
    const exchange = new Exchange({ bus: this, operation, id, upload: framed ? (body as string) : undefined });
    this.exchanges.set(id, exchange);
    const packet: Packet = framed
      ? { head: { k: 'ask', e: envelope, framed } }
      : { head: { k: 'ask', e: envelope }, body };
    this.ask(exchange, operation, packet, timeoutMs, context.signal);
    return exchange;
  }

  /** Sends the request, and for a look-up sends it again while nobody answers. */
  private ask(exchange: Exchange, operation: Operation, packet: Packet, timeoutMs: number, signal?: AbortSignal): void {
    const subject = subjects.request(this.prefix, operation.name, this.service);
    const reply = subjects.reply(this.prefix, this.service, this.instance, operation.callee, exchange.id);
    const repeatable = operation.kind === 'lookup';
    const timers: CancelTimer[] = [];
    const send = () => {
      if (!exchange.settled) this.link.publish(subject, packet, reply);
    };
    const abort = () => {
      exchange.cancel();
      exchange.fail(signal?.reason instanceof DomainError ? signal.reason : new DomainError('run_cancelled'));
    };
    exchange.onNobody = () => {
      if (repeatable) timers.push(this.clock.after(retryPauseMs, send));
      else exchange.fail(new DomainError('unavailable', { detail: `nobody answers ${operation.name}` }));
    };
    exchange.onEnd = () => {
      for (const cancel of timers) cancel();
      signal?.removeEventListener('abort', abort);
    };
    timers.push(this.clock.after(timeoutMs, () => exchange.expire(operation.name)));
    if (repeatable) timers.push(this.clock.after(timeoutMs / impatience, send));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      send();
    } catch (error) {
      exchange.fail(new DomainError('caller_forbidden', { cause: error, detail: String(error) }));
    }
  }

  private finish(exchange: Exchange): void {
    exchange.close();
    this.exchanges.delete(exchange.id);
    if (this.exchanges.size === 0) this.whenIdle?.();
  }
}

function lastPart(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
