/**
 * A text that is being written, for any number of readers: each gets all chunks, and the source is asked for the next
 * one only when the fastest reader wants it.
 */
export class TextStream implements AsyncIterable<string> {
  private readonly source: AsyncIterator<string, unknown>;
  private readonly chunks: string[] = [];
  private ended = false;
  private failure: { readonly error: unknown } | null = null;
  private pulling: Promise<void> | null = null;
  private count: (length: number) => void = () => undefined;

  constructor(source: AsyncIterable<string>) {
    this.source = source[Symbol.asyncIterator]();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (let next = 0; ; next++) {
      while (next >= this.chunks.length) {
        if (this.ended) return;
        await this.pull();
      }
      yield this.chunks[next] as string;
    }
  }

  /** What is written so far. */
  get written(): string {
    return this.chunks.join('');
  }

  /** Resolves when all of the text is written. */
  async finish(): Promise<void> {
    while (!this.ended) await this.pull();
  }

  /** Tells `count` the length of each chunk; the stream fails when it throws. */
  measure(count: (length: number) => void): void {
    this.count = count;
  }

  /** Tells the source that nobody reads on. */
  cancel(): void {
    if (this.ended) return;
    this.ended = true;
    // A source that fails while it is told to stop has nobody left to tell.
    this.source.return?.().catch(() => undefined);
  }

  private pull(): Promise<void> {
    this.pulling ??= this.next().finally(() => (this.pulling = null));
    return this.pulling;
  }

  private async next(): Promise<void> {
    if (this.failure !== null) throw this.failure.error;
    try {
      const result = await this.source.next();
      if (result.done === true) {
        this.ended = true;
        return;
      }
      this.count(result.value.length);
      this.chunks.push(result.value);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
