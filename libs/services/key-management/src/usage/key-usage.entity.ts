import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** How often a key was used. Made and deleted with its key, and apart from it because it changes all the time. */
export const KeyUsageEntity = defineEntity({
  name: 'KeyUsage',
  tableName: 'key_usage',
  properties: {
    keyId: p.uuid().primary(),
    totalUses: p.bigint('number'),
    lastUsedAt: p.bigint('number').nullable(),
    lastAddress: p.string().length(64).nullable(),
    /** What the client called the flow it ran last. */
    lastFlow: p.string().length(255).nullable(),
    /** The last use of the secret that the last rotation left valid. */
    previousLastUsedAt: p.bigint('number').nullable(),
  },
});

export type KeyUsageRow = InferEntity<typeof KeyUsageEntity>;
