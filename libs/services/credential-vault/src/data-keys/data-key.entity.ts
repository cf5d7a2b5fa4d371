import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** A key that values are encrypted with. */
export const DataKeyEntity = defineEntity({
  name: 'DataKey',
  tableName: 'data_key',
  properties: {
    id: p.uuid().primary(),
    /** Whose values it protects; null for what the services keep for themselves. */
    workspaceId: p.uuid().nullable(),
    version: p.integer(),
    createdAt: p.bigint('number'),
    /** The rotation it was made for; null for a first one. */
    rotationId: p.uuid().nullable(),
    /** Since when nothing may be encrypted with it any more. */
    retiredAt: p.bigint('number').nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'version'] }],
  indexes: [{ properties: ['retiredAt'] }],
});

/** A data key, encrypted under a secret key; while one secret key follows another there are two of each. */
export const DataKeyWrapEntity = defineEntity({
  name: 'DataKeyWrap',
  tableName: 'data_key_wrap',
  indexes: [{ properties: ['secretKeyId', 'verifiedAt'] }],
  properties: {
    dataKeyId: p.uuid().primary(),
    secretKeyId: p.string().length(16).primary(),
    wrapped: p.text().hidden(),
    createdAt: p.bigint('number'),
    /** When it was read back and opened; null until then. */
    verifiedAt: p.bigint('number').nullable(),
  },
});

export type DataKeyRow = InferEntity<typeof DataKeyEntity>;
