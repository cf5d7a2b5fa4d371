import { Injectable } from '@nestjs/common';
import { type CredentialFacts, DomainError } from '@flowkeep/contracts';
import { claimsKeyForm, hashKey, isKeyForm } from '@flowkeep/crypto';
import { FailedKeys } from '../limits/failed-keys.ts';
import { EnvironmentKey } from './environment-key.ts';
import { Facts } from './facts.ts';

/** How many keys that were good are remembered beyond their facts. */
const rememberedKeys = 50_000;

/** One for all: whoever tries keys at full speed gets it a hundred thousand times. */
const invalid = new DomainError('key_invalid');

/** Keys as clients present them, before anything is known about them. */
@Injectable()
export class PresentedKeys {
  /** Hashes of keys that existed when they were looked up last. */
  private readonly good = new Set<string>();

  constructor(
    private readonly facts: Facts,
    private readonly environment: EnvironmentKey,
    private readonly failures: FailedKeys,
  ) {}

  /**
   * Refuses what need not be looked up: a wrong checksum, a key that did not exist a moment ago, and any further unknown
   * one from an address that tried too many. A key that was good is always looked up again.
   *
   * @param address where the request came from
   * @returns the key's SHA-256, by which it is looked up, or the error to refuse it with: `key_invalid`, `too_many_attempts`
   */
  screen(key: string, address: string): string | DomainError {
    if (this.environment.isSet) {
      return this.environment.matches(key) ? hashKey(key) : (this.failures.count(address) ?? invalid);
    }
    if (claimsKeyForm(key) && !isKeyForm(key)) return this.failures.count(address) ?? invalid;
    const hash = hashKey(key);
    if (this.facts.keys.isKnownMissing(hash)) return invalid;
    if (this.facts.keys.peek(hash) !== undefined || this.good.has(hash)) return hash;
    return this.failures.admit(address) ?? hash;
  }

  /**
   * What is true of a key that was not refused.
   *
   * @param hash as `screen` answered it
   * @throws DomainError `key_invalid`, `too_many_attempts`, or `unavailable` when it can't be told
   */
  async lookUp(key: string, hash: string, address: string): Promise<CredentialFacts> {
    if (this.environment.isSet) return this.environment.facts(key);
    const here = this.facts.keys.peek(hash);
    if (here !== undefined) return here;
    // Many may wait for one look-up: it is one failure.
    const asks = !this.facts.keys.isKnownMissing(hash) && !this.facts.keys.isUnderway(hash);
    try {
      const facts = await this.facts.keys.get(hash);
      this.remember(hash);
      return facts;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'key_invalid') throw error;
      this.good.delete(hash);
      throw (asks ? this.failures.count(address) : null) ?? error;
    }
  }

  /**
   * The same for somebody who may ask about keys: nothing is counted.
   *
   * @throws DomainError `key_invalid`, `unavailable`
   */
  async known(key: string): Promise<CredentialFacts> {
    if (this.environment.isSet) return this.environment.facts(key);
    if (claimsKeyForm(key) && !isKeyForm(key)) throw new DomainError('key_invalid');
    return this.facts.keys.get(hashKey(key));
  }

  private remember(hash: string): void {
    this.good.delete(hash);
    this.good.add(hash);
    if (this.good.size <= rememberedKeys) return;
    const oldest = this.good.values().next().value;
    if (oldest !== undefined) this.good.delete(oldest);
  }
}
