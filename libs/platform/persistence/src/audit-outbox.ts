import { defineEntity, p } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { auditEvent, type AuditEvent } from '@flowkeep/contracts';
import type { Migration } from './definition.ts';
import { query } from './query.ts';

/** Audit events that identity has not acknowledged yet. Part of every data service's definition but identity's own. */
export const OutboxEntity = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  properties: {
    id: p.uuid().primary(),
    event: p.json<AuditEvent>(),
  },
});

/** The statements that create its table, to be spread into a service's first migration. */
export const outboxStatements = {
  sqlite: ['create table `outbox` (`id` text not null primary key, `event` json not null)'],
  postgresql: ['create table "outbox" ("id" uuid not null primary key, "event" jsonb not null)'],
} as const satisfies Pick<Migration, 'sqlite' | 'postgresql'>;

/** Keeps a service's audit events together with the changes they tell of. */
export class AuditOutbox {
  private readonly listeners = new Set<() => void>();

  /**
   * Stores an event in the transaction of the change, so that neither is ever there without the other.
   *
   * @param event its id must be a version 7 UUID: events are handed on in the order of their ids
   */
  async record(em: SqlEntityManager, event: AuditEvent): Promise<void> {
    // One that identity would refuse must not block those behind it.
    const checked = auditEvent.parse(event);
    await query(em, 'insert into outbox (id, event) values ($1, $2)', [checked.id, JSON.stringify(checked)]);
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` whenever an event was recorded; its transaction may not have ended yet. */
  onRecord(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
