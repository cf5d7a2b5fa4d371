import type { CancelTimer, Clock } from '@flowkeep/config';
import { busLimits, DomainError } from '@flowkeep/contracts';
import { type Codec, type Head, type Packet, unpack } from './packet.ts';

export interface FramesInOptions {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly send: (head: Head) => void;
}

interface Frame {
  readonly body: unknown;
  readonly bytes: number;
  /** Whether the value goes on in the next frame. */
  readonly more: boolean;
}

/**
 * The consuming end of numbered frames: puts them in order, grants as they are taken, and never lets a stream end
 * unnoticed: a hole that is not filled, silence, or a reader that takes nothing, each ends it with an error.
 */
export class FramesIn {
  private readonly early = new Map<number, Frame>();
  private readonly ready: Frame[] = [];
  private arrived = 0;
  private taken = 0;
  private takenBytes = 0;
  private granted = { n: 0, bytes: 0 };
  /** The number of the last frame, once it is known. */
  private last: number | undefined;
  private failure: DomainError | undefined;
  private wake: (() => void) | undefined;
  private heardMs: number;
  private takenMs: number;
  /** The first frame that was sent and is not here, and since when that is known. */
  private hole: { readonly n: number; readonly sinceMs: number } | undefined;
  private partial = '';
  private readonly stopBeats: CancelTimer;

  constructor(private readonly options: FramesInOptions) {
    const { clock } = options;
    this.heardMs = clock.monotonic();
    this.takenMs = this.heardMs;
    this.stopBeats = clock.every(busLimits.beatMs, () => this.check());
  }

  /** Takes a packet that came; repeated frames and those beyond what was granted are dropped. */
  arrive({ head, body }: Packet): void {
    this.heardMs = this.options.clock.monotonic();
    if (head.k === 'frames') this.frame(head.n, { body, bytes: head.bytes, more: head.more === true });
    else if (head.k === 'end') this.last = head.n;
    if (head.k === 'beat' || head.k === 'end') this.noteHole(head.n);
    this.wake?.();
  }

  /** Ends with an error, after what has arrived in order. */
  fail(failure: DomainError): void {
    this.failure ??= failure;
    this.stopBeats();
    this.wake?.();
  }

  /**
   * The next value in order.
   *
   * @throws DomainError when the stream failed
   */
  async next(): Promise<{ readonly value: unknown } | undefined> {
    for (;;) {
      const frame = this.ready.shift();
      if (frame !== undefined) {
        this.take(frame);
        if (!frame.more) return { value: this.valueOf(frame) };
        this.partial += frame.body as string;
        if (this.partial.length > busLimits.bodyBytes) this.fail(new DomainError('payload_too_large'));
        else continue;
      }
      if (this.failure !== undefined && (this.last !== this.arrived || this.partial !== '')) {
        this.close();
        throw this.failure;
      }
      if (this.last === this.arrived) {
        this.close();
        return undefined;
      }
      this.takenMs = this.options.clock.monotonic();
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
  }

  close(): void {
    this.stopBeats();
    this.ready.length = 0;
    this.early.clear();
    this.partial = '';
  }

  private frame(n: number, frame: Frame): void {
    if (n <= this.arrived || n > this.taken + 2 * busLimits.creditFrames) return;
    this.early.set(n, frame);
    for (let next = this.early.get(this.arrived + 1); next !== undefined; next = this.early.get(this.arrived + 1)) {
      this.arrived++;
      this.early.delete(this.arrived);
      this.ready.push(next);
    }
  }

  private valueOf({ body }: Frame): unknown {
    const whole = this.partial === '' ? body : this.partial + (body as string);
    this.partial = '';
    return unpack(this.options.codec, whole);
  }

  private take({ bytes }: Frame): void {
    this.taken++;
    this.takenBytes += bytes;
    this.takenMs = this.options.clock.monotonic();
    const { creditFrames, creditBytes } = busLimits;
    const frames = this.taken - this.granted.n;
    if (frames >= creditFrames / 2 || this.takenBytes - this.granted.bytes >= creditBytes / 2) this.grant();
  }

  private grant(): void {
    const { creditFrames, creditBytes } = busLimits;
    this.granted = { n: this.taken, bytes: this.takenBytes };
    this.options.send({ k: 'credit', n: this.taken + creditFrames, bytes: this.takenBytes + creditBytes });
  }

  /** `sent` frames are on their way or here; the first that is not here has a whole beat to come. */
  private noteHole(sent: number): void {
    const n = this.arrived + 1;
    if (sent < n) this.hole = undefined;
    else if (this.hole?.n !== n) this.hole = { n, sinceMs: this.options.clock.monotonic() };
  }

  private check(): void {
    const now = this.options.clock.monotonic();
    if (this.last !== undefined) this.noteHole(this.last);
    if (this.hole !== undefined && this.arrived >= this.hole.n) this.hole = undefined;
    if (this.ready.length > 0 && now - this.takenMs >= busLimits.stalledReaderMs) {
      this.options.send({ k: 'cancel' });
      this.close();
      // What is thrown away here must not look like an end.
      this.last = undefined;
      this.fail(new DomainError('unavailable', { detail: 'nobody took the frames' }));
    } else if (this.last === this.arrived) {
      // Everything is here; only the reader is slow.
    } else if (now - this.heardMs >= busLimits.silenceMs) {
      this.fail(new DomainError('unavailable', { detail: 'the producer fell silent' }));
    } else if (this.hole !== undefined && now - this.hole.sinceMs >= busLimits.beatMs) {
      this.fail(new DomainError('unavailable', { detail: 'a frame was lost' }));
    }
    // Says again what is granted: that one may have been lost, and it shows that somebody is here.
    if (this.failure === undefined && this.last !== this.arrived) this.grant();
  }
}
