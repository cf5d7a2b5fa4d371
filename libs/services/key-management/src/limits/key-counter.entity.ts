import { defineEntity, p } from '@mikro-orm/core';
import type { LeaseWindows } from '@flowkeep/contracts';

/** How much of a limit was handed out in its present window. */
export const KeyCounterEntity = defineEntity({
  name: 'KeyCounter',
  tableName: 'key_counter',
  properties: {
    keyId: p.uuid().primary(),
    kind: p.string().length(8).$type<keyof LeaseWindows>().primary(),
    windowStart: p.bigint('number'),
    granted: p.bigint('number'),
  },
});
