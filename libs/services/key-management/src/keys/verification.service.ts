import { Injectable } from '@nestjs/common';
import { LockMode } from '@mikro-orm/core';
import { type Caller, type CredentialFacts, DomainError, type ReplyOf, type reportKey } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { ApiKeyEntity } from './api-key.entity.ts';
import { KeyChanges } from './key-changes.ts';
import { findFacts } from './key-facts.ts';

/** Keys as others present them: by their hash. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly database: Database,
    private readonly changes: KeyChanges,
  ) {}

  /** Disabled and expired keys have facts too: judging them is the asker's, at the moment of each request. */
  async verify(hash: string): Promise<CredentialFacts> {
    const facts = await findFacts(this.database, hash);
    if (facts === null) throw new DomainError('key_invalid');
    return facts;
  }

  /** Disables a key that leaked, and with it a secret its rotation left valid. */
  async report(caller: Caller, hash: string): Promise<ReplyOf<typeof reportKey>> {
    const disabled = await this.database.transaction(async (em) => {
      const where = { $or: [{ hash }, { previousHash: hash }] };
      const key = await em.findOne(ApiKeyEntity, where, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (key === null) return null;
      const { revision } = await this.changes.store(em, key, { enabled: false });
      await this.changes.record(em, caller, 'key.reported', key);
      return { keyId: key.id, revision };
    });
    if (disabled !== null) this.changes.announce(disabled);
    return { disabled };
  }
}
