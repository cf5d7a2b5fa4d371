import { Injectable } from '@nestjs/common';
import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { type Caller, DomainError, environmentKeyId, keysChanged } from '@flowkeep/contracts';
import { AuditOutbox, Database, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { ApiKeyEntity, type ApiKeyRow } from './api-key.entity.ts';

/** Who does it; null = the server, at its operator's word. */
type Actor = Pick<Caller, 'userId' | 'keyId'> | null;
type Details = Readonly<Record<string, string | number | boolean | null>>;

/** What every change of a key has in common: whose key it is, what is recorded, and who must learn of it. */
@Injectable()
export class KeyChanges {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** The key a request came with, or null. It may have been deleted since the gateway saw it. */
  async issuerOf(caller: Caller): Promise<ApiKeyRow | null> {
    const { keyId: id } = caller;
    // The operator's own key may do whatever its holder may, like a person who signed in.
    if (id === undefined || id === environmentKeyId) return null;
    const key = await this.database.read((em) => em.findOne(ApiKeyEntity, { id, ...ownedBy(caller) }));
    if (key === null) throw new DomainError('key_invalid', { detail: 'the key that asks is gone' });
    return key;
  }

  /**
   * One of the caller's own keys, kept from changing until the transaction ends.
   *
   * @throws DomainError `key_not_found`
   */
  async ownKey(em: SqlEntityManager, caller: Caller, keyId: string): Promise<ApiKeyRow> {
    const where = { id: keyId, ...ownedBy(caller) };
    const key = await em.findOne(ApiKeyEntity, where, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (key === null) throw new DomainError('key_not_found');
    return key;
  }

  /** Stores new values of some columns, raising the revision; the key as it is then. */
  async store(em: SqlEntityManager, key: ApiKeyRow, changes: Partial<ApiKeyRow>): Promise<ApiKeyRow> {
    const change = { ...changes, updatedAt: this.clock.now(), revision: key.revision + 1 };
    await em.nativeUpdate(ApiKeyEntity, { id: key.id }, change);
    return { ...key, ...change };
  }

  /** Records what was done, in the transaction that does it. */
  async record(em: SqlEntityManager, caller: Actor, action: string, key: ApiKeyRow, details: Details = {}) {
    await this.audit.record(em, {
      id: this.ids.next(),
      at: this.clock.now(),
      workspaceId: key.workspaceId,
      actorId: caller?.userId ?? null,
      keyId: caller?.keyId ?? null,
      action,
      subjectId: key.id,
      details: { name: key.name ?? null, prefix: key.prefix, ...details },
    });
  }

  /** Tells the gateways, once the change is stored. */
  announce(...keys: readonly { readonly keyId: string; readonly revision: number }[]): void {
    if (keys.length > 0) this.bus.emit(keysChanged, { keys: [...keys] });
  }
}
