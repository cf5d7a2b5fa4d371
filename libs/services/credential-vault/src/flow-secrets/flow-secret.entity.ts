import { defineEntity, p } from '@mikro-orm/core';

/** A secret that was found in a flow. */
export const FlowSecretEntity = defineEntity({
  name: 'FlowSecret',
  tableName: 'flow_secret',
  indexes: [{ properties: ['flowId'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    flowId: p.uuid(),
    nodeId: p.string().length(255),
    field: p.string().length(1024),
    dataKeyId: p.uuid(),
    ciphertext: p.text().hidden(),
    createdAt: p.bigint('number'),
  },
});
