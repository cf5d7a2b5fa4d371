import { z } from 'zod';
import { storableText, timestampMs, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';

/** Uses of one key for one flow on one day (UTC), the day of the last of them. */
const delta = z.object({
  keyId: uuid,
  uses: z.int().positive(),
  lastUsedAt: timestampMs,
  /** Where the last of them came from. */
  address: z.string().max(64).nullable().default(null),
  /** What the client called the flow; null for what runs none. */
  flow: storableText.max(255).nullable().default(null),
  /** The last use of the secret before the current one. */
  previousUsedAt: timestampMs.nullable().default(null),
});

/** Counts uses, once per (gateway, sequence) however often the report arrives. */
export const reportUsage = mutation({
  name: 'keys.reportUsage',
  access: 'system',
  callers: ['gateway'],
  request: z.object({
    gatewayId: uuid,
    sequence: z.int().positive(),
    deltas: z.array(delta).min(1).max(10_000),
  }),
  reply: z.object({ applied: z.boolean() }),
  errors: [],
  timeoutMs: 5_000,
});

/** A day in UTC, for example `2026-01-31`. */
const day = z.iso.date();

/** How often one of the caller's own keys was used, per flow and day (UTC), newest day first; both ends count. */
export const keyUsage = lookup({
  name: 'keys.usage',
  access: 'keys:view',
  callers: ['gateway'],
  request: z.object({ keyId: uuid, from: day, to: day }),
  reply: z.object({
    rows: z.array(z.object({ day, flow: z.string().nullable(), uses: z.int() })),
    /** Whether there are more rows than an answer carries: ask for fewer days. */
    truncated: z.boolean(),
  }),
  errors: ['key_not_found', 'invalid_request'],
  timeoutMs: 5_000,
});
