import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** A key that values are encrypted with, itself encrypted under the secret key. */
export const DataKeyEntity = defineEntity({
  name: 'DataKey',
  tableName: 'data_key',
  properties: {
    id: p.uuid().primary(),
    /** Whose values it protects; null for what the services keep for themselves. */
    workspaceId: p.uuid().nullable(),
    version: p.integer(),
    wrapped: p.text().hidden(),
    createdAt: p.bigint('number'),
  },
  uniques: [{ properties: ['workspaceId', 'version'] }],
});

export type DataKeyRow = InferEntity<typeof DataKeyEntity>;
