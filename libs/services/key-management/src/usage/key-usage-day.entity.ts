import { defineEntity, p } from '@mikro-orm/core';

/** How often a key was used for a flow on a day. */
export const KeyUsageDayEntity = defineEntity({
  name: 'KeyUsageDay',
  tableName: 'key_usage_day',
  properties: {
    keyId: p.uuid().primary(),
    /** Days since 1970, UTC. */
    day: p.integer().primary().index(),
    /** What the client called the flow; empty for what runs none. */
    flow: p.string().length(255).primary(),
    uses: p.bigint('number'),
  },
});
