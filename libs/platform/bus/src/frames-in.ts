import type { CancelTimer, Clock } from '@flowkeep/config';
import { busLimits, DomainError } from '@flowkeep/contracts';
import type { Head } from './packet.ts';

export interface FramesInOptions {
  readonly clock: Clock;
  readonly send: (head: Head) => void;
}

interface Frame {
  readonly value: unknown;
  readonly bytes: number;
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
  private last: number | undefined;
  private failure: DomainError | undefined;
  private wake: (() => void) | undefined;
  private heardMs: number;
  private takenMs: number;
  /** The hole seen at the last beat: one that is still there at the next is a loss. */
  private hole: number | undefined;
  private readonly stopBeats: CancelTimer;

  constructor(private readonly options: FramesInOptions) {
    const { clock } = options;
    this.heardMs = clock.monotonic();
    this.takenMs = this.heardMs;
    this.stopBeats = clock.every(busLimits.beatMs, () => this.check());
  }

  /** Takes a frame that came; repeated ones and those beyond what was granted are dropped. */
  frame(n: number, value: unknown, bytes: number): void {
    this.heardMs = this.options.clock.monotonic();
    if (n <= this.arrived || n > this.taken + 2 * busLimits.creditFrames) return;
    this.early.set(n, { value, bytes });
    for (let next = this.early.get(this.arrived + 1); next !== undefined; next = this.early.get(this.arrived + 1)) {
      this.arrived++;
      this.early.delete(this.arrived);
      this.ready.push(next);
    }
    this.wake?.();
  }

  /** The producer has sent `n` frames and lives. */
  beat(n: number): void {
    this.heardMs = this.options.clock.monotonic();
    const missing = n > this.arrived ? this.arrived + 1 : undefined;
    if (missing !== undefined && missing === this.hole) this.fail(lost());
    this.hole = missing;
  }

  /** There were `n` frames; those that are not here yet may still come. */
  end(n: number): void {
    this.heardMs = this.options.clock.monotonic();
    this.last = n;
    this.wake?.();
  }

  /** Ends with an error, after what has arrived in order. */
  fail(failure: DomainError): void {
    this.failure ??= failure;
    this.wake?.();
  }

  /**
   * The next frame in order.
   *
   * @throws DomainError when the stream failed
   */
  async next(): Promise<{ readonly value: unknown } | undefined> {
    for (;;) {
      const frame = this.ready.shift();
      if (frame !== undefined) {
        this.take(frame);
        return frame;
      }
      if (this.last === this.arrived) {
        this.close();
        return undefined;
      }
      if (this.failure !== undefined) {
        this.close();
        throw this.failure;
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

  private check(): void {
    const now = this.options.clock.monotonic();
    if (now - this.heardMs >= busLimits.silenceMs) {
      this.fail(new DomainError('unavailable', { detail: 'the producer fell silent' }));
    } else if (this.ready.length > 0 && now - this.takenMs >= busLimits.stalledReaderMs) {
      this.options.send({ k: 'cancel' });
      this.ready.length = 0;
      this.fail(new DomainError('unavailable', { detail: 'nobody took the frames' }));
    } else if (this.last !== undefined && this.last !== this.arrived) {
      // The end is here and something before it is not: it had a whole beat to come.
      if (this.hole === this.arrived + 1) this.fail(lost());
      this.hole = this.arrived + 1;
    }
    // Says again what is granted: that one may have been lost, and it shows that somebody is here.
    if (this.failure === undefined) this.grant();
  }
}

function lost(): DomainError {
  return new DomainError('unavailable', { detail: 'a frame was lost' });
}
