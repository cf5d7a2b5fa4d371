import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { type Caller, DomainError, type listSigningKeys, type ReplyOf } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { IdentityOptions } from '../identity-options.ts';
import { activationDelayMs, countingKeys, describeKeys, makeKey, maxKeys, withSuccessor } from './key-set.ts';
import { SigningKeys } from './signing-keys.ts';

/** Of several that rotate at once one makes the key; the others find it at their next attempt. */
const attempts = 5;

/**
 * Replaces the key access tokens are signed with, while tokens of the old one still count. First the new key is
 * published, and only when every instance and gateway knows it, it signs.
 */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly database: Database,
    private readonly keys: SigningKeys,
    private readonly events: OwnEvents,
    private readonly clock: Clock,
    private readonly options: IdentityOptions,
  ) {}

  async list(): Promise<ReplyOf<typeof listSigningKeys>> {
    return describeKeys((await this.keys.latest()).keys, this.clock.now());
  }

  /** @throws DomainError `conflict` while too many keys count */
  async rotate(caller: Caller): Promise<ReplyOf<typeof listSigningKeys>> {
    await this.events.ready();
    for (let attempt = 0; attempt < attempts; attempt++) {
      const loaded = await this.keys.latest();
      const now = this.clock.now();
      const keys = countingKeys(loaded.keys, now);
      if (keys.some(({ activeAt }) => activeAt > now)) return describeKeys(keys, now);
      if (keys.length >= maxKeys) {
        throw new DomainError('conflict', { message: `There are ${maxKeys} signing keys that still count.` });
      }
      const next = await makeKey(now, now + activationDelayMs);
      const rotated = withSuccessor(keys, next, this.options.accessTokenSeconds * 1000);
      if (!(await this.keys.replace(loaded, rotated))) continue;
      const { kid, activeAt } = next;
      const event = { caller, action: 'signing-key.rotated', subjectId: kid, details: { activeAt } };
      await this.database.transaction((em) => this.events.record(em, event));
      return describeKeys(rotated, now);
    }
    throw new DomainError('conflict');
  }
}
