interface Pending<Value> {
  readonly current: Promise<Value>;
  next: Promise<Value> | null;
}

/**
 * Shares look-ups of the same thing: whoever asks while one is under way gets the answer of the one after it, so that
 * no answer is older than its question.
 */
export class Coalesced<Value> {
  private readonly pending = new Map<string, Pending<Value>>();

  get(key: string, look: () => Promise<Value>): Promise<Value> {
    const pending = this.pending.get(key);
    if (pending === undefined) return this.start(key, look);
    pending.next ??= pending.current.then(
      () => this.start(key, look),
      () => this.start(key, look),
    );
    return pending.next;
  }

  private start(key: string, look: () => Promise<Value>): Promise<Value> {
    const current = look();
    const pending: Pending<Value> = { current, next: null };
    this.pending.set(key, pending);
    const end = (): void => {
      if (pending.next === null) this.pending.delete(key);
    };
    current.then(end, end);
    return current;
  }
}
