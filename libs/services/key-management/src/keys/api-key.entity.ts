import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

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
    description: p.string().length(1000).nullable(),
    /** SHA-256 of the whole key, in hex. */
    hash: p.string().length(64).unique().hidden(),
    prefix: p.string().length(8),
    last4: p.string().length(4),
    length: p.integer(),
    /** As given; see `resolvePermission`. */
    permissions: p.json<string[]>(),
    /** The flows and projects it may open; both empty = whatever its holder may. */
    scopeFlowIds: p.json<string[]>(),
    scopeProjectIds: p.json<string[]>(),
    enabled: p.boolean(),
    notBefore: p.bigint('number').nullable(),
    expiresAt: p.bigint('number').nullable(),
    createdAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
    revision: p.integer(),
  },
  indexes: [{ properties: ['ownerId', 'workspaceId', 'createdAt'] }],
});

export type ApiKeyRow = InferEntity<typeof ApiKeyEntity>;
