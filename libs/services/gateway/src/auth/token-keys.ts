import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { DomainError, jwks } from '@flowkeep/contracts';

/** A token with a key id nobody knows makes us ask again at most this often. */
const unknownKeyPauseMs = 5_000;

/** What an access token is verified with: identity's public keys, fetched when a key id is new. */
@Injectable()
export class TokenKeys {
  private keys = new Map<string, KeyObject>();
  private fetchedMs = Number.NEGATIVE_INFINITY;
  private underway: Promise<void> | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /**
   * @param kid the key id a token names
   * @throws DomainError `token_invalid` for a key id that identity does not have
   */
  async find(kid: string | undefined): Promise<KeyObject> {
    if (kid === undefined) throw new DomainError('token_invalid', { detail: 'the token names no key' });
    if (!this.keys.has(kid) && this.clock.monotonic() - this.fetchedMs >= unknownKeyPauseMs) await this.refresh();
    const key = this.keys.get(kid);
    if (key === undefined) throw new DomainError('token_invalid', { detail: 'the token names an unknown key' });
    return key;
  }

  private refresh(): Promise<void> {
    this.underway ??= this.fetch().finally(() => (this.underway = undefined));
    return this.underway;
  }

  private async fetch(): Promise<void> {
    const { keys } = await this.bus.call(jwks, {}, systemContext);
    this.fetchedMs = this.clock.monotonic();
    this.keys = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
  }
}
