import type { Clock } from '@flowkeep/config';
import type { leaseKey, LeaseWindows, ReplyOf, RequestInput, returnLeases } from '@flowkeep/contracts';

type Lease = ReplyOf<typeof leaseKey>;
export type Unspent = RequestInput<typeof returnLeases>['leases'][number];

/** What a client may know about the limits of its key. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** One that says there is nothing is believed no longer: another gateway may have given something back. */
const refusalLifetimeMs = 1_000;

/** When what is left of a lease is so little that the next one is asked for already. */
const lowPart = 4;

/** What a gateway may spend of one key's limits without asking. Times are the monotonic clock's. */
export class LeaseAccount {
  /** The revision of the key's facts that the leases belong to. */
  revision: number;
  lastUsedMs: number;
  private left = 0;
  private granted = 0;
  private untilMs = 0;
  private refusal: { readonly lease: Lease; readonly untilMs: number; readonly endsMs: number } | null = null;
  private last: { readonly lease: Lease; readonly atMs: number } | null = null;

  constructor(
    readonly keyId: string,
    revision: number,
    private readonly clock: Clock,
  ) {
    this.revision = revision;
    this.lastUsedMs = clock.monotonic();
  }

  /** Spends one request if the lease has one. */
  spend(): boolean {
    const now = this.clock.monotonic();
    this.lastUsedMs = now;
    if (this.left === 0 || now >= this.untilMs) return false;
    this.left--;
    return true;
  }

  /** Takes a request that was spent for nothing back. */
  unspend(): void {
    if (this.clock.monotonic() < this.untilMs) this.left++;
  }

  get isLow(): boolean {
    return this.left * lowPart <= this.granted && !this.isSpent;
  }

  /** The refusal that counts now: what ran out, and after how many seconds there is more. */
  get refused(): { readonly exhausted: 'rate' | 'quota'; readonly retryAfterSeconds: number } | null {
    const now = this.clock.monotonic();
    if (this.refusal === null || now >= this.refusal.untilMs) return null;
    const { lease, endsMs } = this.refusal;
    return { exhausted: lease.exhausted ?? 'rate', retryAfterSeconds: Math.max(1, Math.ceil((endsMs - now) / 1000)) };
  }

  /**
   * Adds a lease.
   *
   * @param sinceMs when it was asked for: it counts from then on, whatever the way took
   * @returns what was left of leases of earlier windows
   */
  add(lease: Lease, sinceMs: number): Unspent | null {
    const before =
      this.last !== null && !sameWindows(this.last.lease.windows, lease.windows) ? this.takeUnspent() : null;
    const endsMs = sinceMs + lease.validForMs;
    this.last = { lease, atMs: sinceMs };
    if (lease.granted === 0) {
      this.refusal = { lease, endsMs, untilMs: Math.min(endsMs, sinceMs + refusalLifetimeMs) };
      return before;
    }
    this.refusal = null;
    this.left += lease.granted;
    this.granted = this.left;
    this.untilMs = endsMs;
    return before;
  }

  /** Empties the account; null when there was nothing in it. */
  takeUnspent(): Unspent | null {
    if (this.left === 0 || this.last === null) return null;
    const unspent = { keyId: this.keyId, unspent: this.left, windows: this.last.lease.windows };
    this.left = 0;
    return unspent;
  }

  get isExpired(): boolean {
    return this.clock.monotonic() >= this.untilMs;
  }

  /** Nothing of the limits is left to ask for. */
  private get isSpent(): boolean {
    return this.last?.lease.left === 0;
  }

  state(): LimitState {
    if (this.last === null) return { limit: 0, remaining: 0, resetSeconds: 0 };
    const { lease, atMs } = this.last;
    const resetMs = atMs + lease.resetInMs - this.clock.monotonic();
    return {
      limit: lease.limit,
      remaining: Math.max(0, lease.left + this.left),
      resetSeconds: Math.max(0, Math.ceil(resetMs / 1000)),
    };
  }
}

function sameWindows(left: LeaseWindows, right: LeaseWindows): boolean {
  return left.rate === right.rate && left.daily === right.daily && left.monthly === right.monthly;
}
