import { defineEntity, p } from '@mikro-orm/core';
import type { AuditEvent } from '@flowkeep/contracts';

/** What happened, in any service; appended, never changed. */
export const AuditEventEntity = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_event',
  properties: {
    id: p.uuid().primary(),
    at: p.bigint('number').index(),
    service: p.string().length(16),
    workspaceId: p.uuid().nullable(),
    actorId: p.uuid().nullable(),
    keyId: p.uuid().nullable(),
    action: p.string().length(64),
    subjectId: p.string().length(255).nullable(),
    details: p.json<AuditEvent['details']>(),
    /** The place in the chain, counted from 1 without a gap; null only for what was stored before there was a chain. */
    sequence: p.bigint('number').nullable().unique(),
    /** The `mac` of the event before; empty for the first. */
    previous: p.string().length(64).nullable(),
    /** Covers the event, its place and `previous`. */
    mac: p.string().length(64).nullable(),
  },
});
