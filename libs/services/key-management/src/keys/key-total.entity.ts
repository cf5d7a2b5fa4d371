import { defineEntity, p } from '@mikro-orm/core';

/** How many keys somebody has in a workspace. Kept by the database itself, with every key that comes or goes. */
export const KeyTotalEntity = defineEntity({
  name: 'KeyTotal',
  tableName: 'key_total',
  properties: {
    ownerId: p.uuid().primary(),
    workspaceId: p.uuid().primary(),
    total: p.bigint('number'),
  },
});
