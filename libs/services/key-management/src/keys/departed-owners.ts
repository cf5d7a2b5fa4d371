import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { type dropOwner, keysChanged, type ReplyOf, type RequestOf } from '@flowkeep/contracts';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { KeyCounterEntity } from '../limits/key-counter.entity.ts';
import { KeyUsageDayEntity } from '../usage/key-usage-day.entity.ts';
import { KeyUsageEntity } from '../usage/key-usage.entity.ts';
import { ApiKeyEntity } from './api-key.entity.ts';

const keysPerStep = 200;

/** Deletes the keys of users who were deleted. They stopped working with their holder; this is the cleaning up. */
@Injectable()
export class DepartedOwners {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  async drop({ userId }: RequestOf<typeof dropOwner>): Promise<ReplyOf<typeof dropOwner>> {
    let deleted = 0;
    for (let step = keysPerStep; step === keysPerStep; deleted += step) step = await this.dropSome(userId);
    return { deleted };
  }

  private async dropSome(ownerId: string): Promise<number> {
    const keys = await this.database.transaction(async (em) => {
      const found = await em.find(ApiKeyEntity, { ownerId }, { limit: keysPerStep, orderBy: { id: 'asc' } });
      const keyIds = found.map(({ id }) => id);
      await em.nativeDelete(KeyUsageEntity, { keyId: { $in: keyIds } });
      await em.nativeDelete(KeyUsageDayEntity, { keyId: { $in: keyIds } });
      await em.nativeDelete(KeyCounterEntity, { keyId: { $in: keyIds } });
      await em.nativeDelete(ApiKeyEntity, { id: { $in: keyIds } });
      for (const { id, workspaceId, name = null, prefix } of found) {
        const event = { id: this.ids.next(), at: this.clock.now(), workspaceId, actorId: null, keyId: null };
        await this.audit.record(em, { ...event, action: 'key.deleted', subjectId: id, details: { name, prefix } });
      }
      return found.map(({ id, revision }) => ({ keyId: id, revision: revision + 1 }));
    });
    if (keys.length > 0) this.bus.emit(keysChanged, { keys });
    return keys.length;
  }
}
