import { defineEntity, p } from '@mikro-orm/core';
export const ApiKeyEntity = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    ownerId: p.uuid(),
    name: p.string().nullable(),
    hash: p.string().unique().hidden(),
    prefix: p.string(),
    last4: p.string(),
    length: p.integer(),
    permissions: p.json<string[]>(),
    enabled: p.boolean(),
    expiresAt: p.bigint('number').nullable(),
    createdAt: p.bigint('number'),
    revision: p.integer(),
    totalUses: p.integer(),
    lastUsedAt: p.bigint('number').nullable(),
  },
});
