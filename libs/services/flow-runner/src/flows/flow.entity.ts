import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { flowAccess, flowDialects } from '@flowkeep/contracts';

/** A flow as its owner sees it now. */
export const FlowEntity = defineEntity({
  name: 'Flow',
  tableName: 'flow',
  uniques: [
    { name: 'flow_name_unique', properties: ['workspaceId', 'ownerId', 'name'] },
    { name: 'flow_endpoint_name_unique', properties: ['workspaceId', 'endpointName'] },
  ],
  indexes: [{ name: 'flow_updated_at_index', properties: ['workspaceId', 'updatedAt', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    ownerId: p.uuid(),
    projectId: p.uuid().nullable(),
    dialect: p.string().length(16).$type<(typeof flowDialects)[number]>(),
    name: p.string().length(300),
    description: p.text().nullable(),
    endpointName: p.string().length(300).nullable(),
    access: p.string().length(16).$type<(typeof flowAccess)[number]>(),
    component: p.boolean(),
    webhook: p.boolean(),
    /** Rises with every save. */
    version: p.integer(),
    /** The original JSON as text, without its secrets. Loaded only where it is asked for. */
    document: p.text().lazy(),
    createdAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
  },
});

export type FlowRow = InferEntity<typeof FlowEntity>;
