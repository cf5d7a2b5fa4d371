import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type AuditEvent,
  type Caller,
  type createKey,
  type CredentialFacts,
  type deleteKey,
  DomainError,
  keysChanged,
  type listKeys,
  type ReplyOf,
  type RequestOf,
} from '@flowkeep/contracts';
import { generateKey, hashKey, keyHint } from '@flowkeep/crypto';
import { AuditOutbox, Database, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { KeyUsageEntity } from '../usage/key-usage.entity.ts';
import { ApiKeyEntity, type ApiKeyRow } from './api-key.entity.ts';
import { grantOf } from './delegation.ts';
import { findFacts } from './key-facts.ts';
import { toView } from './key-view.ts';

/** API keys: facts about them, and what their owners do with them. */
@Injectable()
export class KeysService {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** Disabled and expired keys have facts too: judging them is the asker's, at the moment of each request. */
  async verify(hash: string): Promise<CredentialFacts> {
    const facts = await findFacts(this.database, hash);
    if (facts === null) throw new DomainError('key_invalid');
    return facts;
  }

  async create(caller: Caller, request: RequestOf<typeof createKey>): Promise<ReplyOf<typeof createKey>> {
    const now = this.clock.now();
    const grant = grantOf(request, caller, await this.issuerOf(caller), now);
    const secret = generateKey();
    const key: ApiKeyRow = {
      id: this.ids.next(),
      ...ownedBy(caller),
      createdBy: caller.userId,
      name: request.name,
      description: null,
      hash: hashKey(secret),
      ...keyHint(secret),
      ...grant,
      enabled: true,
      notBefore: null,
      createdAt: now,
      updatedAt: now,
      revision: 0,
    };
    await this.database.transaction(async (em) => {
      await em.insert(ApiKeyEntity, key);
      await em.insert(KeyUsageEntity, { keyId: key.id, totalUses: 0, lastUsedAt: null });
      await this.audit.record(em, this.event(caller, 'key.created', key));
    });
    return { key: toView(key, undefined), secret };
  }

  async list(caller: Caller, { skip, take }: RequestOf<typeof listKeys>): Promise<ReplyOf<typeof listKeys>> {
    return this.database.read(async (em) => {
      const orderBy = { createdAt: 'desc', id: 'desc' } as const;
      const [keys, total] = await em.findAndCount(ApiKeyEntity, ownedBy(caller), {
        orderBy,
        limit: take,
        offset: skip,
      });
      const usages = await em.find(KeyUsageEntity, { keyId: { $in: keys.map((key) => key.id) } });
      const usageOf = new Map(usages.map((usage) => [usage.keyId, usage]));
      return { total, keys: keys.map((key) => toView(key, usageOf.get(key.id))) };
    });
  }

  async delete(caller: Caller, keyId: string): Promise<ReplyOf<typeof deleteKey>> {
    const revision = await this.database.transaction(async (em) => {
      const key = await em.findOne(ApiKeyEntity, { id: keyId, ...ownedBy(caller) });
      if (key === null || (await em.nativeDelete(ApiKeyEntity, { id: keyId })) === 0) {
        throw new DomainError('key_not_found');
      }
      await em.nativeDelete(KeyUsageEntity, { keyId });
      await this.audit.record(em, this.event(caller, 'key.deleted', key));
      return key.revision + 1;
    });
    this.bus.emit(keysChanged, { keys: [{ keyId, revision }] });
    return { keyId, revision };
  }

  /** The key a request came with; it may have been deleted since the gateway saw it. */
  private async issuerOf(caller: Caller): Promise<ApiKeyRow | null> {
    const { keyId: id } = caller;
    if (id === undefined) return null;
    const key = await this.database.read((em) => em.findOne(ApiKeyEntity, { id, ...ownedBy(caller) }));
    if (key === null) throw new DomainError('key_invalid', { detail: 'the key that asks is gone' });
    return key;
  }

  private event(caller: Caller, action: string, key: Pick<ApiKeyRow, 'id' | 'name' | 'prefix'>): AuditEvent {
    return {
      id: this.ids.next(),
      at: this.clock.now(),
      workspaceId: caller.workspaceId,
      actorId: caller.userId,
      keyId: caller.keyId ?? null,
      action,
      subjectId: key.id,
      details: { name: key.name ?? null, prefix: key.prefix },
    };
  }
}
