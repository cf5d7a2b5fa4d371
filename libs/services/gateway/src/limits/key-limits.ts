import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { type CancelTimer, Clock } from '@flowkeep/config';
import { type CredentialFacts, DomainError, leaseKey, returnLeases } from '@flowkeep/contracts';
import { Logger } from '@flowkeep/telemetry';
import { LeaseAccount, type LimitState, type Unspent } from './lease-account.ts';

interface Account extends LeaseAccount {
  /** The lease that is being asked for. */
  asking?: Promise<void> | undefined;
  /** How many requests wait for it. */
  waiting?: number;
}

const sweepEveryMs = 5_000;
const idleAfterMs = 10_000;
/** Each further one says that others were faster with what was leased. */
const maxAttempts = 10;
const leasesPerReturn = 200;

/**
 * Keeps keys to their limits. What a key may do is leased in parts, so that a request rarely waits for another service;
 * a key without limits costs nothing.
 */
@Injectable()
export class KeyLimits implements OnModuleInit {
  private readonly accounts = new Map<string, Account>();
  private timer: CancelTimer | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = this.clock.every(sweepEveryMs, () => this.sweep());
  }

  /**
   * Spends one request of the key's limits.
   *
   * @returns what to tell the client, or null for a key without limits; at once where a lease is at hand
   * @throws DomainError `rate_limited`, `key_quota_exceeded` with seconds to wait, `unavailable`
   */
  spend(facts: CredentialFacts): LimitState | null | Promise<LimitState | null> {
    if (facts.rateLimit === null && facts.quota === null) return null;
    const account = this.accountOf(facts);
    if (!account.spend()) return this.spendLater(account);
    // Before it is used up, so that the next request need not wait either.
    if (account.isLow && account.asking === undefined) void this.ask(account).catch(() => undefined);
    return account.state();
  }

  /** What the client of a refused request may know; null when nothing is known. */
  stateOf({ keyId }: CredentialFacts): LimitState | null {
    return this.accounts.get(keyId)?.state() ?? null;
  }

  /** Whether a request would be let through now, without spending one. */
  async probe(facts: CredentialFacts): Promise<void> {
    if ((await this.spend(facts)) !== null) this.accounts.get(facts.keyId)?.unspend();
  }

  /** Gives everything back that was not spent; for a graceful stop. */
  async stop(): Promise<void> {
    this.timer?.();
    const accounts = [...this.accounts.values()];
    await Promise.allSettled(accounts.map(async ({ asking }) => asking));
    this.accounts.clear();
    await this.giveBack(accounts.map((account) => account.takeUnspent()));
  }

  private accountOf({ keyId, revision }: CredentialFacts): Account {
    let account = this.accounts.get(keyId);
    if (account !== undefined && account.revision < revision) {
      // The limits may be others now.
      void this.giveBack([account.takeUnspent()]);
      account = undefined;
    }
    if (account === undefined) {
      account = new LeaseAccount(keyId, revision, this.clock);
      this.accounts.set(keyId, account);
    }
    return account;
  }

  private async spendLater(account: Account): Promise<LimitState | null> {
    account.waiting = (account.waiting ?? 0) + 1;
    try {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        if (attempt > 0 && account.spend()) return account.state();
        const { refused } = account;
        if (refused !== null) throw refusal(refused);
        if (!(await this.ask(account))) return null;
      }
    } finally {
      account.waiting--;
    }
    throw new DomainError('busy', { detail: 'leases of the key are used up faster than they come' });
  }

  /** @returns whether the key has limits at all; one look-up at a time */
  private async ask(account: Account): Promise<boolean> {
    let limited = true;
    account.asking ??= this.lease(account)
      .then((known) => {
        limited = known;
      })
      .finally(() => (account.asking = undefined));
    await account.asking;
    return limited;
  }

  private async lease(account: Account): Promise<boolean> {
    const { keyId } = account;
    const sinceMs = this.clock.monotonic();
    const wanted = Math.min(10_000, Math.max(1, account.waiting ?? 1));
    const lease = await this.bus.call(leaseKey, { keyId, wanted }, systemContext);
    if (lease.granted === 0 && lease.exhausted === null) return false;
    const unspent = account.add(lease, sinceMs);
    // Nobody spends what an account gets that was replaced while it asked.
    const orphaned = this.accounts.get(keyId) === account || account.waiting ? null : account.takeUnspent();
    void this.giveBack([unspent, orphaned]);
    return true;
  }

  private sweep(): void {
    const now = this.clock.monotonic();
    const unspent: (Unspent | null)[] = [];
    for (const [keyId, account] of this.accounts) {
      const isIdle = now - account.lastUsedMs >= idleAfterMs;
      if (account.asking !== undefined || !(isIdle || account.isExpired)) continue;
      unspent.push(account.takeUnspent());
      if (isIdle) this.accounts.delete(keyId);
    }
    void this.giveBack(unspent);
  }

  private async giveBack(accounts: readonly (Unspent | null)[]): Promise<void> {
    const leases = accounts.filter((unspent) => unspent !== null);
    try {
      for (let start = 0; start < leases.length; start += leasesPerReturn) {
        await this.bus.call(returnLeases, { leases: leases.slice(start, start + leasesPerReturn) }, systemContext);
      }
    } catch (error) {
      this.logger.warn('leases could not be given back, they are lost until their windows end', { error });
    }
  }
}

function refusal({ exhausted, retryAfterSeconds }: NonNullable<LeaseAccount['refused']>): DomainError {
  return new DomainError(exhausted === 'rate' ? 'rate_limited' : 'key_quota_exceeded', { retryAfterSeconds });
}
