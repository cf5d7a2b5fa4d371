import { defineEntity, p } from '@mikro-orm/core';

/** The only row of its table: opens with the secret key the data are protected with, and with no other. */
export const CanaryEntity = defineEntity({
  name: 'Canary',
  tableName: 'canary',
  properties: {
    id: p.integer().primary().autoincrement(false),
    sealed: p.text().hidden(),
    createdAt: p.bigint('number'),
  },
});
