import { z } from 'zod';
import { addressRange } from '../../address-range.ts';
import { displayName, revision, skip, storableText, take, timestampMs, uuid } from '../../fields.ts';
import { event, lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';
import { keyScope, quota, rateLimit } from './limits.ts';

/** What of a key its owner chooses. */
const choices = z.object({
  name: displayName.nullable(),
  description: storableText.trim().max(1000).nullable(),
  permissions: z.array(z.string().max(64)).max(200),
  scope: keyScope,
  /** Where it may be used from; empty = from everywhere. */
  addresses: z.array(addressRange).max(50),
  notBefore: timestampMs.nullable(),
  /** Null = never, or as late as the server allows. */
  expiresAt: timestampMs.nullable(),
  rateLimit: rateLimit.nullable(),
  quota: quota.nullable(),
});

/** A key as lists show it: never the key itself. */
export const apiKey = choices.extend({
  id: uuid,
  ownerId: uuid,
  workspaceId: uuid,
  createdBy: uuid,
  /** The first 8 characters and the last 4 of the body, to recognise it by. */
  prefix: z.string(),
  last4: z.string(),
  /** How long the key is, so that a dialect can mask the rest. */
  length: z.int(),
  enabled: z.boolean(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
  revision,
  lastUsedAt: timestampMs.nullable(),
  lastAddress: z.string().nullable(),
  /** The flow that was run last, as the client called it. */
  lastFlow: z.string().nullable(),
  totalUses: z.int(),
  /** The secret before the last rotation, when it was left valid for a while. */
  previous: z
    .object({ prefix: z.string(), last4: z.string(), validUntil: timestampMs, lastUsedAt: timestampMs.nullable() })
    .nullable(),
});

export type ApiKey = z.infer<typeof apiKey>;

/** Issues a key to the caller. The reply is the only time the key is seen. */
export const createKey = mutation({
  name: 'keys.create',
  access: 'keys:create',
  callers: ['gateway'],
  request: z.object({
    name: choices.shape.name,
    permissions: choices.shape.permissions,
    description: choices.shape.description.default(null),
    scope: choices.shape.scope.default({ flowIds: [], projectIds: [] }),
    addresses: choices.shape.addresses.default([]),
    notBefore: timestampMs.nullable().default(null),
    expiresAt: timestampMs.nullable().default(null),
    rateLimit: choices.shape.rateLimit.default(null),
    quota: choices.shape.quota.default(null),
  }),
  reply: z.object({ key: apiKey, secret: secret(z.string()) }),
  errors: ['insufficient_permission', 'invalid_request'],
  timeoutMs: 5_000,
});

/** The place of a key in a list: when it was made, and its id. */
const cursor = z.string().regex(/^\d{1,16}_[0-9a-f-]{36}$/);

/** The caller's own keys in its workspace, newest first. */
export const listKeys = lookup({
  name: 'keys.list',
  access: 'keys:view',
  callers: ['gateway'],
  request: z.object({
    /** The beginning of a name, in any case, or of a key. */
    search: storableText.trim().min(1).max(255).optional(),
    /** Only keys that nobody used at or after this moment. */
    unusedSince: timestampMs.optional(),
    /** Only keys behind this place: `next` of the page before. */
    after: cursor.optional(),
    skip: skip.default(0),
    take: take.default(1000),
  }),
  /** `total` counts what fits on all pages; `next` is null on the last. */
  reply: z.object({ total: z.int(), keys: z.array(apiKey), next: cursor.nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** One of the caller's own keys. */
export const getKey = lookup({
  name: 'keys.get',
  access: 'keys:view',
  callers: ['gateway'],
  request: z.object({ keyId: uuid }),
  reply: apiKey,
  errors: ['key_not_found'],
  timeoutMs: 5_000,
});

/** Changes what is given of one of the caller's own keys. The key itself stays. */
export const updateKey = mutation({
  name: 'keys.update',
  access: 'keys:update',
  callers: ['gateway'],
  request: choices.extend({ enabled: z.boolean() }).partial().extend({ keyId: uuid }),
  reply: apiKey,
  errors: ['key_not_found', 'insufficient_permission', 'invalid_request'],
  timeoutMs: 5_000,
});

/** The longest time an old secret may stay valid beside its successor. */
export const maxOverlapSeconds = 30 * 24 * 3600;

/**
 * Gives a key a new secret; the reply is the only time it is seen. The old one stays valid for the overlap, never
 * longer than it would have been without the rotation; one that was left valid by an earlier rotation ends at once.
 */
export const rotateKey = mutation({
  name: 'keys.rotate',
  access: 'keys:update',
  callers: ['gateway'],
  request: z.object({ keyId: uuid, overlapSeconds: z.int().min(0).max(maxOverlapSeconds).default(0) }),
  reply: z.object({ key: apiKey, secret: secret(z.string()) }),
  errors: ['key_not_found', 'insufficient_permission', 'invalid_request'],
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

/** Deletes several of the caller's own keys. Those that are not there are left out of the answer. */
export const deleteKeys = mutation({
  name: 'keys.deleteMany',
  access: 'keys:delete',
  callers: ['gateway'],
  request: z.object({ keyIds: z.array(uuid).min(1).max(500) }),
  reply: z.object({ deleted: z.array(z.object({ keyId: uuid, revision })) }),
  errors: [],
  timeoutMs: 10_000,
});

/** Deletes every key of a user who was deleted. Doing it again changes nothing. */
export const dropOwner = mutation({
  name: 'keys.dropOwner',
  access: 'system',
  callers: ['identity'],
  request: z.object({ userId: uuid }),
  reply: z.object({ deleted: z.int() }),
  errors: [],
  timeoutMs: 10_000,
});

/** Keys whose facts changed, deleted ones included: caches drop them. */
export const keysChanged = event({
  name: 'keys.changed',
  listeners: ['gateway'],
  payload: z.object({ keys: z.array(z.object({ keyId: uuid, revision })).max(1000) }),
});
