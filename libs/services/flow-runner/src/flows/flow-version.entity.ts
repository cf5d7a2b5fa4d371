import { defineEntity, p } from '@mikro-orm/core';

/** What a flow was before a save. */
export const FlowVersionEntity = defineEntity({
  name: 'FlowVersion',
  tableName: 'flow_version',
  uniques: [{ name: 'flow_version_unique', properties: ['flowId', 'version'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    ownerId: p.uuid(),
    flowId: p.uuid(),
    version: p.integer(),
    document: p.text().lazy(),
    savedAt: p.bigint('number'),
  },
});
