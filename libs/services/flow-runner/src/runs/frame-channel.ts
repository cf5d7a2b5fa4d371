/** Frames a producer may be ahead of its reader before it is asked to wait. */
const aheadLimit = 16;

/** Hands frames from one producer to one reader, and holds the producer back while the reader is slow. */
export class FrameChannel<Frame> implements AsyncIterable<Frame> {
  private readonly frames: Frame[] = [];
  private end: { readonly error: unknown } | 'ended' | null = null;
  private wakeReader: () => void = () => undefined;
  private waitingProducers: (() => void)[] = [];

  /** Adds a frame; resolves when the next one may follow. */
  push(frame: Frame): void | Promise<void> {
    if (this.end !== null) return;
    this.frames.push(frame);
    this.wakeReader();
    if (this.frames.length < aheadLimit) return;
    return new Promise((resolve) => this.waitingProducers.push(resolve));
  }

  /** No frame follows; without an error the reader still gets those that wait. */
  close(error?: unknown): void {
    this.end ??= error === undefined ? 'ended' : { error };
    this.wakeReader();
    this.wakeProducers();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Frame, void> {
    for (;;) {
      const frame = this.frames.shift();
      if (frame !== undefined) {
        this.wakeProducers();
        yield frame;
      } else if (this.end === null) {
        await new Promise<void>((resolve) => (this.wakeReader = resolve));
      } else if (this.end === 'ended') {
        return;
      } else {
        throw this.end.error;
      }
    }
  }

  private wakeProducers(): void {
    const waiting = this.waitingProducers;
    this.waitingProducers = [];
    for (const wake of waiting) wake();
  }
}
