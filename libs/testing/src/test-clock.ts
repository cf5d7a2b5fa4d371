import { type CancelTimer, Clock } from '@flowkeep/config';

interface Timer {
  dueMs: number;
  readonly everyMs: number | null;
  readonly work: () => void;
}

/** A clock that moves only when a test says so. */
export class TestClock extends Clock {
  private readonly timers = new Set<Timer>();
  private elapsedMs = 0;

  constructor(private readonly startMs = Date.UTC(2026, 0, 1)) {
    super();
  }

  now(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, work: () => void): CancelTimer {
    return this.add({ dueMs: this.elapsedMs + delayMs, everyMs: null, work });
  }

  every(intervalMs: number, work: () => void): CancelTimer {
    return this.add({ dueMs: this.elapsedMs + intervalMs, everyMs: intervalMs, work });
  }

  /** Moves time on, calling every timer that falls due in order, and lets promises settle after each. */
  async advance(byMs: number): Promise<void> {
    const target = this.elapsedMs + byMs;
    await settle();
    for (let timer = this.nextDue(target); timer !== undefined; timer = this.nextDue(target)) {
      this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs);
      if (timer.everyMs === null) this.timers.delete(timer);
      else timer.dueMs += timer.everyMs;
      timer.work();
      await settle();
    }
    this.elapsedMs = target;
    await settle();
  }

  private add(timer: Timer): CancelTimer {
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  private nextDue(target: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs <= target && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}

/** Lets everything that is ready to run, run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
