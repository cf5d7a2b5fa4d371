import { defineEntity, p } from '@mikro-orm/core';

/** The only row of its table: where the audit log begins and ends. Whoever appends or removes events holds its lock. */
export const AuditHeadEntity = defineEntity({
  name: 'AuditHead',
  tableName: 'audit_head',
  properties: {
    id: p.integer().primary().autoincrement(false),
    /** The last event's place and mac; 0 and empty while there is none. */
    sequence: p.bigint('number'),
    mac: p.string().length(64),
    /** The same of the last event that was removed for its age: the chain now begins after it. */
    anchorSequence: p.bigint('number'),
    anchorMac: p.string().length(64),
    /** Covers the other columns; null while nothing was ever chained. */
    seal: p.string().length(64).nullable(),
  },
});
