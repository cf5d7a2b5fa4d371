import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { DomainError, jwks, type ReplyOf } from '@flowkeep/contracts';

/**
 * A token with a key id nobody knows makes us ask again at most this often. A new key is published much longer before it
 * signs: made-up key ids can't keep it from being found.
 */
const unknownKeyPauseMs = 5_000;

/** From this age on the keys are fetched again, beside the work. */
const refreshAfterMs = 60_000;

/** Older ones do not count: a key that identity dropped must not go on opening a gateway that nobody used meanwhile. */
const oldestMs = 300_000;

interface Fetched {
  readonly published: ReplyOf<typeof jwks>;
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** When they were asked for, by the monotonic clock. */
  readonly sinceMs: number;
}

/** What an access token is verified with: identity's public keys, fetched when a key id is new. */
@Injectable()
export class TokenKeys {
  private fetched: Fetched | undefined;
  private underway: Promise<Fetched> | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /**
   * @param kid the key id a token names
   * @throws DomainError `token_invalid` for a key id that identity does not have, `unavailable` while it can't be asked
   */
  async find(kid: string | undefined): Promise<KeyObject> {
    if (kid === undefined) throw new DomainError('token_invalid', { detail: 'the token names no key' });
    const known = this.atMost(oldestMs)?.keys.get(kid);
    if (known !== undefined) {
      if (this.atMost(refreshAfterMs) === undefined) void this.fetch().catch(() => undefined);
      return known;
    }
    const { keys } = this.atMost(unknownKeyPauseMs) ?? (await this.fetch());
    const key = keys.get(kid);
    if (key === undefined) throw new DomainError('token_invalid', { detail: 'the token names an unknown key' });
    return key;
  }

  /** The public keys as identity tells them, for others that verify access tokens. */
  async published(): Promise<ReplyOf<typeof jwks>> {
    return (this.atMost(unknownKeyPauseMs) ?? (await this.fetch())).published;
  }

  private atMost(ageMs: number): Fetched | undefined {
    const { fetched } = this;
    return fetched !== undefined && this.clock.monotonic() - fetched.sinceMs < ageMs ? fetched : undefined;
  }

  private fetch(): Promise<Fetched> {
    this.underway ??= this.ask().finally(() => (this.underway = undefined));
    return this.underway;
  }

  private async ask(): Promise<Fetched> {
    const sinceMs = this.clock.monotonic();
    const published = await this.bus.call(jwks, {}, systemContext);
    const keys = new Map(published.keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
    return (this.fetched = { published, keys, sinceMs });
  }
}
