import { defineEntity, p } from '@mikro-orm/core';
import type { WorkspaceRole } from '@flowkeep/contracts';

/** What flows, keys and secrets belong to. */
export const WorkspaceEntity = defineEntity({
  name: 'Workspace',
  tableName: 'workspace',
  properties: {
    id: p.uuid().primary(),
    name: p.string().length(300),
    ownerId: p.uuid().index(),
    createdAt: p.bigint('number'),
    archivedAt: p.bigint('number').nullable(),
  },
});

/** A user's role in a workspace. */
export const MembershipEntity = defineEntity({
  name: 'Membership',
  tableName: 'membership',
  properties: {
    workspaceId: p.uuid().primary(),
    userId: p.uuid().primary().index(),
    role: p.string().length(16).$type<WorkspaceRole>(),
  },
});
