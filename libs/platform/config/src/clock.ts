/** Ends a timer; calling it again does nothing. */
export type CancelTimer = () => void;

/**
 * The only source of time in services. Injected, so that every bound of time is tested without waiting.
 * Timers never keep the process alive.
 */
export abstract class Clock {
  /** Milliseconds since 1970, UTC; may jump when the machine's clock is set. */
  abstract now(): number;
  /** Milliseconds since some start; never goes back. For durations and deadlines. */
  abstract monotonic(): number;
  /** Calls `work` once, `delayMs` from now. */
  abstract after(delayMs: number, work: () => void): CancelTimer;
  /** Calls `work` every `intervalMs`, first in `intervalMs`. */
  abstract every(intervalMs: number, work: () => void): CancelTimer;

  /** Resolves in `delayMs`, or rejects with the signal's reason when that comes first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const abort = () => {
        cancel();
        reject(signal?.reason as Error);
      };
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

/** The machine's clock. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, work: () => void): CancelTimer {
    const timer = setTimeout(work, delayMs).unref();
    return () => clearTimeout(timer);
  }

  every(intervalMs: number, work: () => void): CancelTimer {
    const timer = setInterval(work, intervalMs).unref();
    return () => clearInterval(timer);
  }
}
