import type { DatabaseDefinition } from '@flowkeep/persistence';
import { AuditEventEntity } from './audit/audit-event.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { SessionEntity } from './sessions/session.entity.ts';
import { UserEntity } from './users/user.entity.ts';
import { MembershipEntity, WorkspaceEntity } from './workspaces/workspace.entity.ts';

/** What identity keeps. */
export const identityDatabase: DatabaseDefinition = {
  service: 'identity',
  entities: [UserEntity, WorkspaceEntity, MembershipEntity, SessionEntity, AuditEventEntity],
  migrations: [initial],
};
