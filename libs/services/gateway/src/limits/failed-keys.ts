import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { DomainError, subscriberOf } from '@flowkeep/contracts';
import { Logger } from '@flowkeep/telemetry';

/** What one address has left. Times are the monotonic clock's. */
interface Bucket {
  tokens: number;
  sinceMs: number;
  /** Until when the next look-up is kept for somebody else at this address. */
  reservedUntilMs: number;
  refused: number;
  loggedMs: number;
}

/** Failures an address may make at once, and how many more a second. */
export const failedKeyLimits = { burst: 20, perSecond: 5, addresses: 10_000 } as const;

const reserveEveryMs = 1_000;
const logEveryMs = 60_000;

/**
 * Limits how many keys that do not exist one address may try: the checksum of a key is public, so anybody can make up
 * well-formed ones, and each costs a look-up.
 */
@Injectable()
export class FailedKeys {
  /** The one that failed longest ago first. */
  private readonly buckets = new Map<string, Bucket>();
  private latest: Bucket | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Says whether a key nobody knows yet may be looked up. From an address with too many failures one a second may all the
   * same: it can be somebody else's, behind the same router.
   *
   * @throws DomainError `too_many_attempts`
   */
  admit(address: string): void {
    const bucket = this.buckets.get(subscriberOf(address));
    if (bucket === undefined) return;
    this.refill(bucket);
    if (bucket.tokens >= 1) return;
    const now = this.clock.monotonic();
    if (now < bucket.reservedUntilMs) throw this.refusal(address, bucket);
    bucket.reservedUntilMs = now + reserveEveryMs;
  }

  /**
   * Counts a failure.
   *
   * @throws DomainError `too_many_attempts` when there were too many before
   */
  count(address: string): void {
    const subscriber = subscriberOf(address);
    const bucket = this.buckets.get(subscriber) ?? this.open();
    this.moveToEnd(subscriber, bucket);
    this.refill(bucket);
    if (bucket.tokens < 1) throw this.refusal(address, bucket);
    bucket.tokens--;
  }

  private moveToEnd(subscriber: string, bucket: Bucket): void {
    if (this.latest === bucket) return;
    this.buckets.delete(subscriber);
    this.buckets.set(subscriber, bucket);
    this.latest = bucket;
  }

  private open(): Bucket {
    if (this.buckets.size >= failedKeyLimits.addresses) {
      const oldest = this.buckets.keys().next().value;
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
    const now = this.clock.monotonic();
    return { tokens: failedKeyLimits.burst, sinceMs: now, reservedUntilMs: now, refused: 0, loggedMs: -logEveryMs };
  }

  private refill(bucket: Bucket): void {
    const now = this.clock.monotonic();
    const earned = ((now - bucket.sinceMs) / 1000) * failedKeyLimits.perSecond;
    bucket.tokens = Math.min(failedKeyLimits.burst, bucket.tokens + earned);
    bucket.sinceMs = now;
  }

  private refusal(address: string, bucket: Bucket): DomainError {
    bucket.refused++;
    const now = this.clock.monotonic();
    if (now - bucket.loggedMs >= logEveryMs) {
      this.logger.warn('too many unknown API keys from one address', { address, refused: bucket.refused });
      bucket.loggedMs = now;
      bucket.refused = 0;
    }
    return new DomainError('too_many_attempts', { retryAfterSeconds: 1 });
  }
}
