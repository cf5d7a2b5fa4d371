import type { LeaseWindows, Quota, RateLimit } from '@flowkeep/contracts';

/** A limit in the window it is counted in now. Times in milliseconds since 1970. */
export interface Window {
  readonly kind: keyof LeaseWindows;
  readonly limit: number;
  readonly start: number;
  readonly end: number;
}

interface Limits {
  readonly rateLimit?: RateLimit | null | undefined;
  readonly quota?: Quota | null | undefined;
}

/**
 * The windows of a key's limits at a moment.
 *
 * @param startOf when the window began that was counted in last: where clocks differ none goes back to an earlier one
 */
export function windowsAt(
  { rateLimit, quota }: Limits,
  now: number,
  startOf: (kind: keyof LeaseWindows) => number,
): Window[] {
  const windows: Window[] = [];
  const at = (kind: keyof LeaseWindows, beginning: (time: number) => number) =>
    Math.max(beginning(now), beginning(startOf(kind)));
  if (rateLimit != null) {
    const lengthMs = rateLimit.windowSeconds * 1000;
    const start = at('rate', (time) => time - (time % lengthMs));
    windows.push({ kind: 'rate', limit: rateLimit.requests, start, end: start + lengthMs });
  }
  if (quota?.daily != null) {
    const start = at('daily', (time) => startOfDay(time, 0));
    windows.push({ kind: 'daily', limit: quota.daily, start, end: startOfDay(start, 1) });
  }
  if (quota?.monthly != null) {
    const start = at('monthly', (time) => startOfMonth(time, 0));
    windows.push({ kind: 'monthly', limit: quota.monthly, start, end: startOfMonth(start, 1) });
  }
  return windows;
}

function startOfDay(time: number, later: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + later);
}

function startOfMonth(time: number, later: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later);
}
