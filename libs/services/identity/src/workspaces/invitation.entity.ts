import { defineEntity, p } from '@mikro-orm/core';
import type { WorkspaceRole } from '@flowkeep/contracts';

/** A way into a workspace that nobody has taken yet. */
export const InvitationEntity = defineEntity({
  name: 'Invitation',
  tableName: 'invitation',
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid().index(),
    role: p.string().length(16).$type<WorkspaceRole>(),
    /** SHA-256 of the token, in hex. */
    hash: p.string().length(64).unique().hidden(),
    createdBy: p.uuid(),
    createdAt: p.bigint('number'),
    expiresAt: p.bigint('number'),
  },
});
