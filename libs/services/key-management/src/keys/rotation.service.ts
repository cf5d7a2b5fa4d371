import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { Caller, ReplyOf, RequestOf, rotateKey } from '@flowkeep/contracts';
import { generateKey, hashKey, keyHint } from '@flowkeep/crypto';
import { Database } from '@flowkeep/persistence';
import { KeyUsageEntity } from '../usage/key-usage.entity.ts';
import { type ApiKeyRow, noPrevious } from './api-key.entity.ts';
import { earlier, requireWithin } from './delegation.ts';
import { KeyChanges } from './key-changes.ts';
import { toView } from './key-view.ts';

/** New secrets for keys that stay the same in everything else. */
@Injectable()
export class RotationService {
  constructor(
    private readonly database: Database,
    private readonly changes: KeyChanges,
    private readonly clock: Clock,
  ) {}

  /** Whoever gets a key's new secret can do what the key can: so it is refused like making such a key. */
  async rotate(caller: Caller, request: RequestOf<typeof rotateKey>): Promise<ReplyOf<typeof rotateKey>> {
    const { keyId, overlapSeconds } = request;
    const issuer = await this.changes.issuerOf(caller);
    const secret = generateKey();
    const changes = { hash: hashKey(secret), ...keyHint(secret) };
    const key = await this.database.transaction(async (em) => {
      const before = await this.changes.ownKey(em, caller, keyId);
      requireWithin(before, caller, issuer);
      const now = this.clock.now();
      const previous = previousOf(before, now, overlapSeconds);
      const after = await this.changes.store(em, before, { ...changes, ...previous, rotatedAt: now });
      await em.nativeUpdate(KeyUsageEntity, { keyId }, { previousLastUsedAt: null });
      await this.changes.record(em, caller, 'key.rotated', after, { previous: before.prefix, overlapSeconds });
      return toView(after, await em.findOne(KeyUsageEntity, { keyId }));
    });
    this.changes.announce({ keyId, revision: key.revision });
    return { key, secret };
  }
}

function previousOf(key: ApiKeyRow, now: number, overlapSeconds: number): Partial<ApiKeyRow> {
  const validUntil = earlier(now + overlapSeconds * 1000, key.expiresAt ?? null) as number;
  if (validUntil <= now) return noPrevious;
  return {
    previousHash: key.hash,
    previousPrefix: key.prefix,
    previousLast4: key.last4,
    previousValidUntil: validUntil,
  };
}
