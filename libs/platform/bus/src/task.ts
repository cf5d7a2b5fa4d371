import type { CancelTimer } from '@flowkeep/config';
import {
  busLimits,
  DomainError,
  type Envelope,
  hasRight,
  type Operation,
  type ServiceName,
  type Stream,
  subjects,
} from '@flowkeep/contracts';
import type { OperationContext } from './bus.ts';
import { FramesIn } from './frames-in.ts';
import { FramesOut } from './frames-out.ts';
import type { LinkBus } from './link-bus.ts';
import { type Head, pack, type Packet, toWireError, unpack } from './packet.ts';

/** A caller is told which instance works for it when the work takes longer than this: then it can cancel. */
const announceAfterMs = 50;

/** Whatever answers an operation: a value, a promise of one, or frames. */
export type Answerer = (request: unknown, context: OperationContext) => unknown;

export interface TaskOptions {
  readonly bus: LinkBus;
  readonly operation: Operation;
  readonly envelope: Envelope;
  readonly from: ServiceName;
  readonly answer: Answerer;
}

/** One request from the side that answers: checks it, runs the handler, sends what comes of it. */
export class Task {
  private readonly bus: LinkBus;
  private readonly controller = new AbortController();
  private readonly replySubject: string;
  private readonly deadlineMs: number;
  private timer: CancelTimer | undefined;
  private beats: CancelTimer | undefined;
  private announced = false;
  private upload: FramesIn | undefined;
  private out: FramesOut | undefined;

  constructor(private readonly options: TaskOptions) {
    const { bus, envelope, from, operation } = options;
    this.bus = bus;
    this.replySubject = subjects.reply(bus.prefix, from, envelope.instance, operation.callee, envelope.id);
    this.deadlineMs = bus.clock.monotonic() + envelope.remainingMs;
  }

  /** Carries the request out. Every failure is answered; none is thrown. */
  async run(body: unknown, framed: boolean): Promise<void> {
    const { operation, envelope } = this.options;
    this.startTimer(envelope.remainingMs);
    try {
      if (operation.kind === 'stream') this.announce();
      this.authorise();
      const request = this.validate(framed ? await this.receive() : unpack(this.bus.link.codec, body));
      const result = await this.options.answer(request, this.context());
      if (operation.kind === 'stream') await this.sendFrames(operation, result);
      else await this.sendReply(result);
    } catch (error) {
      this.fail(error);
    } finally {
      this.timer?.();
      this.beats?.();
      this.upload?.close();
      this.out?.close();
    }
  }

  /** Takes what the caller sends to this instance. */
  control({ head, body }: Packet): void {
    switch (head.k) {
      case 'credit':
        this.out?.credit(head.n, head.bytes);
        break;
      case 'cancel':
        this.abort(new DomainError('run_cancelled', { detail: 'the caller cancelled' }));
        break;
      case 'frames':
      case 'end':
      case 'beat':
        this.upload?.arrive({ head, body });
        break;
      default:
        break;
    }
  }

  /** Ends the work because the service stops. */
  end(): void {
    this.abort(new DomainError('unavailable', { detail: 'the service stops' }));
  }

  /** Whatever the caller has checked already. */
  private authorise(): void {
    const { operation, envelope, from } = this.options;
    if (!operation.callers.includes(from)) {
      throw new DomainError('caller_forbidden', { detail: `${from} may not ask ${operation.name}` });
    }
    const { caller } = envelope;
    if (operation.access !== 'system' && caller === null) throw new DomainError('credential_missing');
    if (operation.access !== 'system' && operation.access !== 'signed-in' && caller !== null) {
      if (!hasRight(caller.rights, operation.access)) {
        throw new DomainError('insufficient_permission', { detail: `needs ${operation.access}` });
      }
    }
  }

  private validate(value: unknown): unknown {
    const parsed = this.options.operation.request.safeParse(value);
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(({ path, code, message }) => ({
      path: path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
      code,
      message,
    }));
    throw new DomainError('invalid_request', { issues });
  }

  private context(): OperationContext {
    const { envelope, from } = this.options;
    return {
      caller: envelope.caller,
      from,
      trace: envelope.trace,
      hop: envelope.hop,
      signal: this.controller.signal,
      remainingMs: () => Math.max(0, this.deadlineMs - this.bus.clock.monotonic()),
    } as OperationContext;
  }

  /** One timer for both: after a moment the caller is told who works for it, and at the deadline the work ends. */
  private startTimer(remainingMs: number): void {
    const { clock } = this.bus;
    const expire = () => this.abort(new DomainError('unavailable', { detail: 'the deadline has passed' }));
    if (remainingMs <= announceAfterMs) this.timer = clock.after(remainingMs, expire);
    else {
      this.timer = clock.after(announceAfterMs, () => {
        this.timer = clock.after(remainingMs - announceAfterMs, expire);
        this.announce();
        if (this.out === undefined && remainingMs > busLimits.silenceMs) {
          this.beats = clock.every(busLimits.beatMs, () => this.send({ k: 'beat', n: 0, i: this.bus.instance }));
        }
      });
    }
  }

  private async sendReply(value: unknown): Promise<void> {
    const { codec } = this.bus.link;
    const packed = pack(codec, value);
    if (codec === 'values' || packed.bytes <= busLimits.frameBytes) {
      this.send({ k: 'reply' }, packed.body);
      return;
    }
    this.announce();
    const out = this.openOut();
    await out.pushPacked(packed);
    await out.end();
  }

  private async sendFrames(operation: Stream, frames: unknown): Promise<void> {
    const { signal } = this.controller;
    const out = this.openOut(operation.merge?.bind(operation));
    const iterator = (frames as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    const aborted = new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as DomainError), { once: true }),
    );
    // Without a race nobody hears of it.
    aborted.catch(() => undefined);
    try {
      // A source that waits for something of its own and ignores the signal is not waited for.
      for (let step = await Promise.race([iterator.next(), aborted]); step.done !== true;) {
        // From the first frame on a stream lives by beats and credit, no longer by the deadline of its request.
        this.timer?.();
        signal.throwIfAborted();
        await out.push(step.value);
        step = await Promise.race([iterator.next(), aborted]);
      }
    } finally {
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
    signal.throwIfAborted();
    await out.end();
  }

  private openOut(merge?: FramesOut['options']['merge']): FramesOut {
    const { clock, link, instance } = this.bus;
    // From now on the frames beat.
    this.beats?.();
    this.out = new FramesOut({
      clock,
      codec: link.codec,
      instance,
      merge,
      send: (head, body) => this.send(head, body),
      onSilence: () => this.abort(new DomainError('run_cancelled', { detail: 'the caller fell silent' })),
    });
    return this.out;
  }

  /** The request, when it comes in frames. */
  private async receive(): Promise<unknown> {
    const { clock, link } = this.bus;
    const upload = new FramesIn({ clock, codec: link.codec, send: (head) => this.send(head) });
    this.upload = upload;
    // First of all the caller has to know where to send it.
    this.announce();
    this.controller.signal.addEventListener('abort', () => upload.fail(this.controller.signal.reason as DomainError));
    const request = await upload.next();
    if (request === undefined) throw new DomainError('malformed_body');
    return request.value;
  }

  private announce(): void {
    if (this.announced) return;
    this.announced = true;
    this.send({ k: 'taken', i: this.bus.instance });
  }

  private abort(reason: DomainError): void {
    this.controller.abort(reason);
    this.out?.close(reason);
  }

  private fail(error: unknown): void {
    const { operation, envelope } = this.options;
    if (!(error instanceof DomainError)) {
      this.bus.logger.error('a handler failed', {
        operation: operation.name,
        trace: envelope.trace,
        error,
        stack: error instanceof Error ? framesOf(error) : undefined,
      });
    }
    this.send({ k: 'fail', error: toWireError(error) });
  }

  /** Never throws: a reply that can't be sent is one more thing that the caller's deadline covers. */
  private send(head: Head, body?: unknown): void {
    try {
      this.bus.link.publish(this.replySubject, body === undefined ? { head } : { head, body });
    } catch (error) {
      this.bus.logger.error('an answer could not be sent', { operation: this.options.operation.name, error });
    }
  }
}

/** Where an error was made, without its message: that is for the logger to judge. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
