import { z } from 'zod';
import { storableText, timestampMs, uuid } from '../../fields.ts';
import { lookup, mutation, stream } from '../../operation.ts';
import { serviceNames } from '../../services.ts';

/** One thing that happened, as its service recorded it in the transaction of the change. */
export const auditEvent = z.object({
  id: uuid,
  at: timestampMs,
  workspaceId: uuid.nullable(),
  actorId: uuid.nullable(),
  keyId: uuid.nullable(),
  /** `<subject>.<past participle>`, for example `key.revoked`. */
  action: z.string().max(64),
  subjectId: z.string().max(255).nullable(),
  /** Names and numbers only, never a secret. */
  details: z.record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean(), z.null()])),
});

export type AuditEvent = z.infer<typeof auditEvent>;

/** Stores other services' audit events, once each however often they arrive. */
export const appendAudit = mutation({
  name: 'identity.appendAudit',
  access: 'system',
  callers: ['keys', 'vault', 'runner'],
  request: z.object({ events: z.array(auditEvent).min(1).max(200) }),
  reply: z.object({ acknowledged: z.int() }),
  errors: [],
  timeoutMs: 5_000,
});

/** Picks events of the audit log; what is left out does not narrow. */
const auditFilter = z.object({
  actorId: uuid.optional(),
  /** The beginning of an action, for example `key.`. */
  action: storableText.min(1).max(64).optional(),
  subjectId: storableText.min(1).max(255).optional(),
  /** Not before this moment. */
  from: timestampMs.optional(),
  /** Before this moment. */
  to: timestampMs.optional(),
});

/** An event of the audit log with its place in it. */
export const auditEntry = auditEvent.extend({ sequence: z.int(), service: z.enum(serviceNames) });

export type AuditEntry = z.infer<typeof auditEntry>;

/**
 * The audit log of the whole installation, newest first. A page may have fewer events than were asked for, even none,
 * and be followed by another: `next` is null at the end.
 */
export const listAudit = lookup({
  name: 'identity.listAudit',
  access: 'audit:view',
  callers: ['gateway'],
  request: auditFilter.extend({
    /** Only events before this place; `next` of the page before. */
    before: z.int().positive().optional(),
    take: z.int().min(1).max(200).default(100),
  }),
  reply: z.object({ events: z.array(auditEntry), next: z.int().nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** The same to its end. A frame may have no events. */
export const exportAudit = stream({
  name: 'identity.exportAudit',
  access: 'audit:view',
  callers: ['gateway'],
  request: auditFilter,
  frame: z.object({ events: z.array(auditEntry) }),
  errors: [],
  timeoutMs: 5_000,
});
