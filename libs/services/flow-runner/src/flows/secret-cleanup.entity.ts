import { defineEntity, p } from '@mikro-orm/core';

/** Secrets in the vault that nothing refers to any more, or that nothing may come to refer to. */
export const SecretCleanupEntity = defineEntity({
  name: 'SecretCleanup',
  tableName: 'secret_cleanup',
  indexes: [{ properties: ['dueAt'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    flowId: p.uuid(),
    /** A JSON list of ids; null for all of the flow's. */
    secretIds: p.text().nullable(),
    dueAt: p.bigint('number'),
  },
});
