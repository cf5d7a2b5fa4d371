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

/**
 * One for all, and returned, not thrown: whoever tries keys at full speed gets it a hundred thousand times, and to throw
 * costs a tenth of a refusal.
 */
const tooManyAttempts = new DomainError('too_many_attempts', { retryAfterSeconds: 1 });

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
   * @returns the error to refuse it with, `too_many_attempts`, or null when it may
   */
  admit(address: string): DomainError | null {
    const bucket = this.buckets.get(subscriberOf(address));
    if (bucket === undefined) return null;
    const now = this.clock.monotonic();
    refill(bucket, now);
    if (bucket.tokens >= 1) return null;
    if (now < bucket.reservedUntilMs) return this.refusal(address, bucket, now);
    bucket.reservedUntilMs = now + reserveEveryMs;
    return null;
  }

  /**
   * Counts a failure.
   *
   * @returns the error to answer instead of that failure, `too_many_attempts`, when there were too many before
   */
  count(address: string): DomainError | null {
    const subscriber = subscriberOf(address);
    const now = this.clock.monotonic();
    const bucket = this.buckets.get(subscriber) ?? this.open(now);
    this.moveToEnd(subscriber, bucket);
    refill(bucket, now);
    if (bucket.tokens < 1) return this.refusal(address, bucket, now);
    bucket.tokens--;
    return null;
  }

  private moveToEnd(subscriber: string, bucket: Bucket): void {
    if (this.latest === bucket) return;
    this.buckets.delete(subscriber);
    this.buckets.set(subscriber, bucket);
    this.latest = bucket;
  }

  private open(now: number): Bucket {
    if (this.buckets.size >= failedKeyLimits.addresses) {
      const oldest = this.buckets.keys().next().value;
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
    return { tokens: failedKeyLimits.burst, sinceMs: now, reservedUntilMs: now, refused: 0, loggedMs: -logEveryMs };
  }

  private refusal(address: string, bucket: Bucket, now: number): DomainError {
    bucket.refused++;
    if (now - bucket.loggedMs >= logEveryMs) {
      this.logger.warn('too many unknown API keys from one address', { address, refused: bucket.refused });
      bucket.loggedMs = now;
      bucket.refused = 0;
    }
    return tooManyAttempts;
  }
}

function refill(bucket: Bucket, now: number): void {
  const earned = ((now - bucket.sinceMs) / 1000) * failedKeyLimits.perSecond;
  bucket.tokens = Math.min(failedKeyLimits.burst, bucket.tokens + earned);
  bucket.sinceMs = now;
}
