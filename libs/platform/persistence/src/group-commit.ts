import type { CancelTimer, Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';

export interface GroupCommitOptions<T> {
  readonly clock: Clock;
  /** Stores the items of one commit: all of them, or none when it rejects. */
  readonly commit: (items: readonly T[]) => Promise<void>;
  /** Items of one commit; 256 by default. */
  readonly maxItems?: number;
  /** How long the first item of a commit waits at most while others keep coming; 2 ms by default. */
  readonly maxDelayMs?: number;
  /**
   * How many turns of the event loop have to bring no further item before a commit begins; 2 by default, since what a
   * request of this turn brings may be added in the next. 0 lets it begin at the end of the turn, for commits that cost
   * little by themselves and run beside this thread: waiting until it has nothing to do would leave it idle meanwhile.
   */
  readonly quietTurns?: number;
  /** How many items may wait; 4 096 by default. */
  readonly queueLimit?: number;
}

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores items of many callers in few transactions: a commit costs the same for one row as for hundreds. A commit begins
 * when no further items come, so that a lone item hardly waits and a crowd is stored together; while one is under way the
 * next one collects.
 */
export class GroupCommit<T> {
  private readonly maxItems: number;
  private readonly maxDelayMs: number;
  private readonly quietTurns: number;
  private readonly queueLimit: number;
  private queue: Waiting<T>[] = [];
  private committing: Promise<void> | undefined;
  private cancelTimer: CancelTimer | undefined;

  constructor(private readonly options: GroupCommitOptions<T>) {
    this.maxItems = options.maxItems ?? 256;
    this.maxDelayMs = options.maxDelayMs ?? 2;
    this.quietTurns = options.quietTurns ?? 2;
    this.queueLimit = options.queueLimit ?? 4_096;
  }

  /**
   * Resolves when the item is committed.
   *
   * @throws DomainError `busy` when too many wait; otherwise what failed the commit, for every item in it
   */
  add(item: T): Promise<void> {
    if (this.queue.length >= this.queueLimit) {
      return Promise.reject(new DomainError('busy', { detail: 'too many rows wait to be stored' }));
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** Commits what waits and resolves when nothing is left. */
  async drain(): Promise<void> {
    while (this.queue.length > 0 || this.committing !== undefined) {
      if (this.committing === undefined) this.begin();
      await this.committing;
    }
  }

  private schedule(): void {
    if (this.committing !== undefined || this.queue.length === 0) return;
    if (this.queue.length >= this.maxItems) this.begin();
    else if (this.cancelTimer === undefined) {
      this.cancelTimer = this.options.clock.after(this.maxDelayMs, () => this.begin());
      this.waitForQuiet(this.queue.length, this.quietTurns);
    }
  }

  /** @param turns how many more have to bring nothing */
  private waitForQuiet(count: number, turns: number): void {
    setImmediate(() => {
      if (this.cancelTimer === undefined) return;
      const grew = this.queue.length > count;
      const left = grew ? this.quietTurns : turns - 1;
      if (left <= 0) this.begin();
      else this.waitForQuiet(this.queue.length, left);
    });
  }

  private begin(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    const batch = this.queue.slice(0, this.maxItems);
    this.queue = this.queue.slice(batch.length);
    this.committing = this.commit(batch).then(() => {
      this.committing = undefined;
      // What came in meanwhile has waited for a whole commit: no longer than that.
      if (this.queue.length > 0) this.begin();
    });
  }

  /** Never rejects. */
  private async commit(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.options.commit(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
