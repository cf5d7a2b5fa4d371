import { defineEntity, p } from '@mikro-orm/core';

/** What flows are filed under; belongs to a workspace. */
export const ProjectEntity = defineEntity({
  name: 'Project',
  tableName: 'project',
  uniques: [{ name: 'project_name_unique', properties: ['workspaceId', 'name'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    ownerId: p.uuid(),
    name: p.string().length(255),
    createdAt: p.bigint('number'),
  },
});
