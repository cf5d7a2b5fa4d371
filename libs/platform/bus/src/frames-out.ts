import type { CancelTimer, Clock } from '@flowkeep/config';
import { busLimits, DomainError } from '@flowkeep/contracts';
import { type Codec, type Head, pack, type Packed, piecesOf } from './packet.ts';

export interface FramesOutOptions {
  readonly clock: Clock;
  readonly codec: Codec;
  /** The producing instance. */
  readonly instance: string;
  readonly send: (head: Head, body?: unknown) => void;
  /** Called when the consumer has fallen silent. */
  readonly onSilence: () => void;
  /** Makes one frame of two neighbours, or null when they must stay apart. */
  readonly merge?: ((earlier: unknown, later: unknown) => unknown) | undefined;
}

/** How many neighbours become one frame at most, for a source that never pauses. */
const maxMerged = 64;

/** A frame that waits for its neighbours. */
interface Held {
  frame: unknown;
  merged: number;
  readonly sinceMs: number;
  readonly cancel: CancelTimer;
}

/**
 * The producing end of numbered frames: sends no more than the consumer has granted, and shows every 5 s that it lives.
 * Grants are cumulative, so a lost, repeated or late one does no harm.
 */
export class FramesOut {
  private sent = 0;
  private sentBytes = 0;
  private granted: { n: number; bytes: number } = { n: busLimits.creditFrames, bytes: busLimits.creditBytes };
  private held: Held | undefined;
  private mergedOnce = false;
  private flushing: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;
  private failure: DomainError | undefined;
  private heardMs: number;
  private readonly stopBeats: CancelTimer;

  constructor(private readonly options: FramesOutOptions) {
    const { clock } = options;
    this.heardMs = clock.monotonic();
    this.stopBeats = clock.every(busLimits.beatMs, () => this.beat());
  }

  /**
   * Sends a frame as soon as the consumer lets it.
   *
   * @throws DomainError when the consumer is gone
   */
  async push(frame: unknown): Promise<void> {
    if (this.tryMerge(frame)) return;
    await this.flushHeld();
    if (this.shouldHold(frame)) return;
    await this.pushPacked(pack(this.options.codec, frame));
  }

  /** Sends a value that is packed already; one that is too large for a packet goes in several. */
  async pushPacked({ body, bytes }: Packed): Promise<void> {
    if (this.options.codec === 'values' || bytes <= busLimits.frameBytes) return this.send(body, bytes, false);
    for (const { piece, last } of piecesOf(body as string)) await this.send(piece, Buffer.byteLength(piece), !last);
  }

  /** Tells that there is no more. */
  async end(): Promise<void> {
    await this.flushHeld();
    if (this.failure !== undefined) throw this.failure;
    this.options.send({ k: 'end', n: this.sent });
    this.close();
  }

  /** Takes what the consumer says. */
  credit(n: number, bytes: number): void {
    this.heardMs = this.options.clock.monotonic();
    this.granted = { n: Math.max(n, this.granted.n), bytes: Math.max(bytes, this.granted.bytes) };
    this.wake?.();
  }

  /** Ends at once: whoever waits in `push` is told why. */
  close(failure?: DomainError): void {
    this.failure ??= failure ?? new DomainError('run_cancelled');
    this.stopBeats();
    this.held?.cancel();
    this.held = undefined;
    this.wake?.();
  }

  private async send(body: unknown, bytes: number, more: boolean): Promise<void> {
    while (this.failure === undefined && (this.sent >= this.granted.n || this.sentBytes >= this.granted.bytes)) {
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
    if (this.failure !== undefined) throw this.failure;
    this.sent++;
    this.sentBytes += bytes;
    this.options.send({ k: 'frames', n: this.sent, bytes, ...(more ? { more } : {}) }, body);
  }

  /** A frame that could be merged with its neighbours waits a moment for them, except the very first. */
  private shouldHold(frame: unknown): boolean {
    const { merge, clock } = this.options;
    if (merge === undefined || merge(frame, frame) === null) return false;
    if (!this.mergedOnce) {
      this.mergedOnce = true;
      return false;
    }
    const cancel = clock.after(busLimits.mergeMs, () => void this.flushHeld().catch(() => undefined));
    this.held = { frame, merged: 1, sinceMs: clock.monotonic(), cancel };
    return true;
  }

  /** A source that never lets a timer fire is held to the same time, and to a number. */
  private tryMerge(frame: unknown): boolean {
    const { held } = this;
    if (held === undefined || held.merged >= maxMerged) return false;
    if (this.options.clock.monotonic() - held.sinceMs >= busLimits.mergeMs) return false;
    const merged = this.options.merge?.(held.frame, frame) ?? null;
    if (merged === null) return false;
    held.frame = merged;
    held.merged++;
    return true;
  }

  /** Sends the frame that waits for its neighbours; resolves when every held one is out. */
  private flushHeld(): Promise<void> {
    const { held } = this;
    if (held !== undefined) {
      this.held = undefined;
      held.cancel();
      this.flushing = this.flushing.then(() => this.pushPacked(pack(this.options.codec, held.frame)));
    }
    return this.flushing;
  }

  private beat(): void {
    if (this.options.clock.monotonic() - this.heardMs >= busLimits.silenceMs) {
      this.close(new DomainError('unavailable', { detail: 'the consumer fell silent' }));
      this.options.onSilence();
    } else this.options.send({ k: 'beat', n: this.sent, i: this.options.instance });
  }
}
