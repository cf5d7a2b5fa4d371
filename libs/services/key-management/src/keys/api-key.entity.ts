import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { Quota, RateLimit } from '@flowkeep/contracts';

/** An API key: everything about it but the key. */
export const ApiKeyEntity = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    ownerId: p.uuid(),
    createdBy: p.uuid(),
    name: p.string().length(255).nullable(),
    /** What the list is searched by; in the order of code points on every database. */
    nameLower: p.string().length(255).nullable().ignoreSchemaChanges('collation'),
    description: p.string().length(1000).nullable(),
    /** SHA-256 of the whole key, in hex. */
    hash: p.string().length(64).unique().hidden(),
    prefix: p.string().length(8).ignoreSchemaChanges('collation'),
    last4: p.string().length(4),
    length: p.integer(),
    /** As given; see `resolvePermission`. */
    permissions: p.json<string[]>(),
    /** The flows and projects it may open; both empty = whatever its holder may. */
    scopeFlowIds: p.json<string[]>(),
    scopeProjectIds: p.json<string[]>(),
    /** Where it may be used from; null = from everywhere. */
    addresses: p.json<string[]>().nullable(),
    rateLimit: p.json<RateLimit>().nullable(),
    quota: p.json<Quota>().nullable(),
    enabled: p.boolean(),
    notBefore: p.bigint('number').nullable(),
    expiresAt: p.bigint('number').nullable(),
    /** When it got its present secret, if not at its creation. */
    rotatedAt: p.bigint('number').nullable(),
    /** The secret before, while a rotation leaves it valid. */
    previousHash: p.string().length(64).nullable().unique().hidden(),
    previousPrefix: p.string().length(8).nullable(),
    previousLast4: p.string().length(4).nullable(),
    previousValidUntil: p.bigint('number').nullable(),
    createdAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
    revision: p.integer(),
  },
  indexes: [
    { name: 'api_key_list_index', properties: ['ownerId', 'workspaceId', 'createdAt', 'id'] },
    { name: 'api_key_name_index', properties: ['ownerId', 'workspaceId', 'nameLower', 'createdAt', 'id'] },
    { name: 'api_key_prefix_index', properties: ['ownerId', 'workspaceId', 'prefix', 'nameLower', 'createdAt', 'id'] },
  ],
});

export type ApiKeyRow = InferEntity<typeof ApiKeyEntity>;

/** Of a key whose earlier secrets are all gone. */
export const noPrevious = { previousHash: null, previousPrefix: null, previousLast4: null, previousValidUntil: null };
