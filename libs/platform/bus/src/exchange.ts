import type { CancelTimer } from '@flowkeep/config';
import {
  busInstance,
  busLimits,
  DomainError,
  type Envelope,
  type Operation,
  type ServiceName,
  subjects,
} from '@flowkeep/contracts';
import { FramesIn } from './frames-in.ts';
import { FramesOut } from './frames-out.ts';
import type { LinkBus } from './link-bus.ts';
import { fromWireError, type Head, type Packed, type Packet, unpack } from './packet.ts';

/** A look-up that nobody took is asked again after this pause. */
const retryPauseMs = 100;

/** A look-up whose answer does not come is asked again after a third of its time. */
const impatience = 3;

export interface ExchangeOptions {
  readonly bus: LinkBus;
  readonly operation: Operation;
  readonly envelope: Omit<Envelope, 'id' | 'remainingMs'>;
  /** How long the caller waits for the reply, or for the first frame. */
  readonly timeoutMs: number;
  readonly request: Packed;
  /** Whether the request is too large for one packet. */
  readonly framed: boolean;
  readonly signal: AbortSignal | undefined;
  /** What a request sent at this moment is known by. */
  readonly newId: (exchange: Exchange) => string;
}

/** The instance that took a request, and the id it knows it by. */
interface Taker {
  readonly id: string;
  readonly instance: string;
}

/**
 * One request from the side that asks: sends it, waits for a reply or takes frames. A look-up may be sent a second time
 * under an id of its own; the first packet that says who took it decides which of the two counts.
 */
export class Exchange {
  /** The ids it was sent under. */
  readonly ids: string[] = [];
  /** The service that was asked: nobody else can answer. */
  readonly callee: ServiceName;
  /** Resolves with a call's reply. */
  readonly answer: Promise<unknown>;
  private readonly bus: LinkBus;
  private readonly deadlineMs: number;
  private settled = false;
  private resolve: (value: unknown) => void = () => undefined;
  private reject: (error: DomainError) => void = () => undefined;
  private frames: FramesIn | undefined;
  private uploading: FramesOut | undefined;
  private taker: Taker | undefined;
  /** The one of its ids that frames are taken from. */
  private chosen: string | undefined;
  private begun = false;
  private cancelled = false;
  private timer: CancelTimer | undefined;
  private retry: CancelTimer | undefined;
  private heardMs: number;
  private readonly abort = () => {
    const reason: unknown = this.options.signal?.reason;
    this.cancel();
    this.fail(reason instanceof DomainError ? reason : new DomainError('run_cancelled'));
  };

  constructor(private readonly options: ExchangeOptions) {
    const { bus, operation, timeoutMs, signal } = options;
    this.bus = bus;
    this.callee = operation.callee;
    this.heardMs = bus.clock.monotonic();
    this.deadlineMs = this.heardMs + timeoutMs;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (operation.kind === 'stream') {
      // A stream hears of failures through its frames.
      this.answer.catch(() => undefined);
      this.frames = this.newFrames();
    }
    signal?.addEventListener('abort', this.abort, { once: true });
    if (operation.kind === 'lookup') {
      this.timer = bus.clock.after(timeoutMs / impatience, () => {
        this.timer = bus.clock.after(timeoutMs - timeoutMs / impatience, () => this.expire());
        if (this.chosen === undefined && this.retry === undefined) this.ask(this.options.newId(this));
      });
    } else if (operation.kind === 'mutation' && timeoutMs > busLimits.silenceMs) this.listen(timeoutMs);
    else this.timer = bus.clock.after(timeoutMs, () => this.expire());
    this.ask(options.newId(this));
  }

  /** Whether somebody who works for it still has to be told to stop. */
  get awaitsTaker(): boolean {
    return this.cancelled && this.taker === undefined;
  }

  /** The next frame of a stream. */
  async next(): Promise<{ readonly value: unknown } | undefined> {
    return this.frames?.next();
  }

  /** Takes a packet about the request that was sent as `id`. */
  arrive(id: string, packet: Packet): void {
    const { head, body } = packet;
    this.heardMs = this.bus.clock.monotonic();
    // Of two it has to be known who answers, or there would be nobody to give credit to.
    if (head.k === 'taken' || head.k === 'beat' || this.ids.length === 1) this.chosen ??= id;
    const whole = head.k === 'reply' || (head.k === 'fail' && this.chosen === undefined);
    if (this.chosen !== id && !whole) {
      // The other of the two is already being answered.
      if (head.k === 'taken' || head.k === 'beat') this.control({ k: 'cancel' }, undefined, { id, instance: head.i });
      return;
    }
    if (head.k === 'taken' || head.k === 'beat') this.takenBy(id, head.i);
    switch (head.k) {
      case 'reply':
        this.settleWith(body);
        break;
      case 'fail':
        this.fail(fromWireError(head.error));
        break;
      case 'frames':
      case 'end':
        this.begun = true;
        this.openFrames()?.arrive(packet);
        break;
      case 'beat':
        // Of a call that takes its time too, whose reply is still to come.
        this.frames?.arrive(packet);
        break;
      case 'credit':
        this.uploading?.credit(head.n, head.bytes);
        break;
      default:
        break;
    }
  }

  /** Nobody heard the request that was sent as `id`. */
  nobody(id: string): void {
    if (this.settled) return;
    const { operation } = this.options;
    if (operation.kind !== 'lookup') {
      this.fail(new DomainError('unavailable', { detail: `nobody answers ${operation.name}` }));
      return;
    }
    this.retry?.();
    this.retry = this.bus.clock.after(retryPauseMs, () => {
      this.retry = undefined;
      this.ask(id);
    });
  }

  /** Tells the instance that took the request to stop, as soon as it is known which. */
  cancel(): void {
    if (this.settled || this.cancelled) return;
    this.cancelled = true;
    if (this.taker !== undefined) this.control({ k: 'cancel' });
  }

  close(): void {
    this.settled = true;
    this.timer?.();
    this.retry?.();
    this.frames?.close();
    this.uploading?.close();
    this.options.signal?.removeEventListener('abort', this.abort);
  }

  private ask(id: string): void {
    if (this.settled) return;
    const { operation, envelope, request, framed } = this.options;
    const { link, prefix, service, instance, clock } = this.bus;
    const remainingMs = Math.max(0, Math.ceil(this.deadlineMs - clock.monotonic()));
    const head: Head = { k: 'ask', e: { ...envelope, id, remainingMs }, ...(framed ? { framed } : {}) };
    const subject = subjects.request(prefix, operation.name, service);
    const reply = subjects.reply(prefix, service, instance, operation.callee, id);
    try {
      link.publish(subject, framed ? { head } : { head, body: request.body }, reply);
    } catch (error) {
      this.fail(new DomainError('caller_forbidden', { cause: error, detail: String(error) }));
    }
  }

  private fail(error: DomainError): void {
    this.frames?.fail(error);
    this.uploading?.close(error);
    if (this.settled) return;
    this.settled = true;
    this.reject(error);
  }

  /** The time is over: for a stream only if no frame has come, from then on it has bounds of its own. */
  private expire(): void {
    const { operation } = this.options;
    if (operation.kind === 'stream' && this.begun) return;
    this.cancel();
    this.fail(new DomainError('unavailable', { detail: `no answer from ${operation.name} in time` }));
  }

  /** Whoever works longer than a moment beats: a callee that died, or never got the request, is not waited for. */
  private listen(remainingMs: number): void {
    const { clock } = this.bus;
    this.timer = clock.after(Math.min(remainingMs, busLimits.beatMs), () => {
      const now = clock.monotonic();
      if (now >= this.deadlineMs) this.expire();
      else if (now - this.heardMs < busLimits.silenceMs) this.listen(this.deadlineMs - now);
      else this.fail(new DomainError('unavailable', { detail: `${this.options.operation.name} fell silent` }));
    });
  }

  private settleWith(body: unknown): void {
    if (this.settled) return;
    try {
      this.resolve(unpack(this.bus.link.codec, body));
      this.settled = true;
    } catch (error) {
      this.fail(new DomainError('internal', { cause: error, detail: 'the reply is not JSON' }));
    }
  }

  private takenBy(id: string, instance: string): void {
    if (this.taker !== undefined || !busInstance.safeParse(instance).success) return;
    this.taker = { id, instance };
    if (this.cancelled) this.control({ k: 'cancel' });
    else if (this.options.framed && !this.settled) void this.upload();
  }

  private async upload(): Promise<void> {
    const { clock, link, instance } = this.bus;
    this.uploading = new FramesOut({
      clock,
      codec: link.codec,
      instance,
      send: (head, body) => this.control(head, body),
      onSilence: () => this.fail(new DomainError('unavailable', { detail: 'the callee fell silent' })),
    });
    try {
      await this.uploading.pushPacked(this.options.request);
      await this.uploading.end();
    } catch {
      // The exchange has ended for a reason of its own, which its caller hears.
    }
  }

  /** Frames are a stream's, or the parts of a reply too large for one packet. */
  private openFrames(): FramesIn | undefined {
    if (this.frames === undefined && !this.settled) {
      this.frames = this.newFrames();
      void this.takeReply(this.frames);
    }
    return this.frames;
  }

  private newFrames(): FramesIn {
    const { clock, link } = this.bus;
    return new FramesIn({ clock, codec: link.codec, send: (head) => this.control(head) });
  }

  private async takeReply(frames: FramesIn): Promise<void> {
    try {
      const frame = await frames.next();
      if (frame === undefined) throw new DomainError('internal', { detail: 'the reply has no frames' });
      if (this.settled) return;
      this.settled = true;
      this.resolve(frame.value);
    } catch (error) {
      this.fail(error instanceof DomainError ? error : new DomainError('internal', { cause: error }));
    }
  }

  private control(head: Head, body?: unknown, taker = this.taker): void {
    if (taker === undefined) return;
    const { link, prefix, service } = this.bus;
    const { id, instance } = taker;
    const subject = subjects.control(prefix, this.options.operation.callee, instance, service, id);
    link.publish(subject, body === undefined ? { head } : { head, body });
  }
}
