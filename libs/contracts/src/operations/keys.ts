import { z } from 'zod';
import { credentialFacts } from '../facts.ts';
import { displayName, revision, sha256Hex, skip, take, timestampMs, uuid } from '../fields.ts';
import { event, lookup, mutation } from '../operation.ts';
import { secret } from '../secret.ts';

/** A key as lists show it: never the key itself. */
export const apiKey = z.object({
  id: uuid,
  name: z.string().nullable(),
  ownerId: uuid,
  workspaceId: uuid,
  /** The first 8 characters and the last 4 of the body, to recognise it by. */
  prefix: z.string(),
  last4: z.string(),
  /** How long the key is, so that a dialect can mask the rest. */
  length: z.int(),
  permissions: z.array(z.string()),
  enabled: z.boolean(),
  createdAt: timestampMs,
  expiresAt: timestampMs.nullable(),
  lastUsedAt: timestampMs.nullable(),
  totalUses: z.int(),
});

export type ApiKey = z.infer<typeof apiKey>;

/** Facts about the key with this SHA-256. The key itself never crosses the bus here. */
export const verifyKey = lookup({
  name: 'keys.verify',
  access: 'system',
  callers: ['gateway'],
  request: z.object({ hash: sha256Hex }),
  reply: credentialFacts,
  errors: ['key_invalid'],
  timeoutMs: 2_000,
});

/** Issues a key to the caller. The reply is the only time the key is seen. */
export const createKey = mutation({
  name: 'keys.create',
  access: 'keys:create',
  callers: ['gateway'],
  request: z.object({
    name: displayName.nullable(),
    permissions: z.array(z.string().max(64)).max(200),
    expiresAt: timestampMs.nullable().default(null),
  }),
  reply: z.object({ key: apiKey, secret: secret(z.string()) }),
  errors: ['insufficient_permission', 'invalid_request'],
  timeoutMs: 5_000,
});

/** The caller's own keys in its workspace, newest first. */
export const listKeys = lookup({
  name: 'keys.list',
  access: 'keys:view',
  callers: ['gateway'],
  request: z.object({ skip: skip.default(0), take: take.default(1000) }),
  reply: z.object({ total: z.int(), keys: z.array(apiKey) }),
  errors: [],
  timeoutMs: 5_000,
});

/** Deletes one of the caller's own keys; it stops working at once. */
export const deleteKey = mutation({
  name: 'keys.delete',
  access: 'keys:delete',
  callers: ['gateway'],
  request: z.object({ keyId: uuid }),
  reply: z.object({ keyId: uuid, revision }),
  errors: ['key_not_found'],
  timeoutMs: 5_000,
});

/** Counts uses, once per (gateway, sequence) however often the report arrives. */
export const reportUsage = mutation({
  name: 'keys.reportUsage',
  access: 'system',
  callers: ['gateway'],
  request: z.object({
    gatewayId: uuid,
    sequence: z.int().positive(),
    deltas: z
      .array(z.object({ keyId: uuid, uses: z.int().positive(), lastUsedAt: timestampMs }))
      .min(1)
      .max(10_000),
  }),
  reply: z.object({ applied: z.boolean() }),
  errors: [],
  timeoutMs: 5_000,
});

/** Keys whose facts changed, deleted ones included: caches drop them. */
export const keysChanged = event({
  name: 'keys.changed',
  listeners: ['gateway'],
  payload: z.object({ keys: z.array(z.object({ keyId: uuid, revision })).max(1000) }),
});
