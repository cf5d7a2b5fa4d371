import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ValuePlace } from '../values.ts';

/** A secret that was found in a flow. */
export const FlowSecretEntity = defineEntity({
  name: 'FlowSecret',
  tableName: 'flow_secret',
  indexes: [{ properties: ['flowId'] }, { properties: ['dataKeyId'] }],
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

/** A secret belongs to its flow: its row moved to another one does not open there. */
export function placeOf({ flowId, id }: Pick<InferEntity<typeof FlowSecretEntity>, 'flowId' | 'id'>): ValuePlace {
  return ['flow-secret', flowId, id];
}
