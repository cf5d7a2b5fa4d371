import { DomainError, type Operation, subjects } from '@flowkeep/contracts';
import { FramesIn } from './frames-in.ts';
import { FramesOut } from './frames-out.ts';
import type { LinkBus } from './link-bus.ts';
import { fromWireError, type Head, type Packet, pieceLength, unpack } from './packet.ts';

export interface ExchangeOptions {
  readonly bus: LinkBus;
  readonly operation: Operation;
  readonly id: string;
  /** The request's text when it has to be sent in pieces. */
  readonly upload: string | undefined;
}

/** One request from the side that asks: waits for a reply, or takes frames. */
export class Exchange {
  readonly id: string;
  settled = false;
  /** What to do when nobody hears the request. */
  onNobody: () => void = () => undefined;
  /** Called once, when the exchange is over. */
  onEnd: () => void = () => undefined;
  private readonly bus: LinkBus;
  private readonly answer: Promise<unknown>;
  private resolve: (value: unknown) => void = () => undefined;
  private reject: (error: DomainError) => void = () => undefined;
  private frames: FramesIn | undefined;
  private uploading: FramesOut | undefined;
  /** The instance that took the request. */
  private taker: string | undefined;
  private cancelled = false;

  constructor(private readonly options: ExchangeOptions) {
    this.id = options.id;
    this.bus = options.bus;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A stream hears of failures through its frames.
    this.answer.catch(() => undefined);
    if (options.operation.kind === 'stream') this.openFrames();
  }

  /** The reply of a call. */
  reply(): Promise<unknown> {
    return this.answer;
  }

  /** The next frame of a stream. */
  async next(): Promise<{ readonly value: unknown } | undefined> {
    return this.frames?.next();
  }

  arrive({ head, body }: Packet): void {
    const { codec } = this.bus.link;
    switch (head.k) {
      case 'reply':
        this.settle(() => this.resolve(unpack(codec, body)));
        break;
      case 'fail':
        this.fail(fromWireError(head.error));
        break;
      case 'taken':
        this.takenBy(head.i);
        break;
      case 'frames':
        this.openFrames().frame(head.n, unpack(codec, body), head.bytes);
        break;
      case 'end':
        this.openFrames().end(head.n);
        break;
      case 'beat':
        this.frames?.beat(head.n);
        break;
      case 'credit':
        this.uploading?.credit(head.n, head.bytes);
        break;
      default:
        break;
    }
  }

  nobody(): void {
    this.onNobody();
  }

  fail(error: DomainError): void {
    this.settle(() => this.reject(error));
    this.frames?.fail(error);
    this.uploading?.close(error);
  }

  /** The time is over: for a stream only if nobody has taken it, its frames have bounds of their own. */
  expire(name: string): void {
    if (this.options.operation.kind === 'stream' && this.taker !== undefined) return;
    this.cancel();
    this.fail(new DomainError('unavailable', { detail: `no answer from ${name} in time` }));
  }

  /** Tells the instance that took the request to stop, as soon as it is known which. */
  cancel(): void {
    if (this.settled && this.options.operation.kind !== 'stream') return;
    this.cancelled = true;
    if (this.taker !== undefined) this.control({ k: 'cancel' });
  }

  close(): void {
    this.settled = true;
    this.frames?.close();
    this.uploading?.close();
    this.onEnd();
  }

  private settle(finish: () => void): void {
    if (this.settled) return;
    this.settled = true;
    finish();
  }

  private takenBy(instance: string): void {
    if (this.taker !== undefined) return;
    this.taker = instance;
    if (this.cancelled) this.control({ k: 'cancel' });
    else if (this.options.upload !== undefined) void this.upload(this.options.upload);
  }

  private async upload(text: string): Promise<void> {
    const { clock, link } = this.bus;
    this.uploading = new FramesOut({
      clock,
      codec: link.codec,
      send: (head, body) => this.control(head, body),
      onSilence: () => this.fail(new DomainError('unavailable', { detail: 'the callee fell silent' })),
    });
    try {
      for (let at = 0; at < text.length; at += pieceLength) await this.uploading.push(text.slice(at, at + pieceLength));
      await this.uploading.end();
    } catch {
      // The exchange has ended for a reason of its own, which its caller hears.
    }
  }

  /** Frames are a stream's, or the pieces of a reply too large for one packet. */
  private openFrames(): FramesIn {
    if (this.frames !== undefined) return this.frames;
    this.frames = new FramesIn({ clock: this.bus.clock, send: (head) => this.control(head) });
    if (this.options.operation.kind !== 'stream') void this.collectReply(this.frames);
    return this.frames;
  }

  private async collectReply(frames: FramesIn): Promise<void> {
    try {
      let text = '';
      for (let piece = await frames.next(); piece !== undefined; piece = await frames.next())
        text += piece.value as string;
      this.settle(() => this.resolve(unpack(this.bus.link.codec, text)));
    } catch (error) {
      this.fail(error as DomainError);
    }
  }

  private control(head: Head, body?: unknown): void {
    if (this.taker === undefined) return;
    const { link, prefix, service } = this.bus;
    const subject = subjects.control(prefix, this.options.operation.callee, this.taker, service, this.id);
    link.publish(subject, body === undefined ? { head } : { head, body });
  }
}
