import type { SqlEntityManager } from '@mikro-orm/sql';
import { type Caller, DomainError, type WorkspaceRole, workspaceRoles } from '@flowkeep/contracts';
import { MembershipEntity } from './workspace.entity.ts';

/** What the caller is now in the workspace of the request, whatever was known when it came in. */
export async function roleOf(em: SqlEntityManager, { workspaceId, userId }: Caller): Promise<WorkspaceRole> {
  const membership = await em.findOne(MembershipEntity, { workspaceId, userId });
  if (membership === null) throw new DomainError('insufficient_permission');
  return membership.role;
}

/**
 * Nobody gives or takes a role above their own.
 *
 * @throws DomainError `insufficient_permission`
 */
export function requireRoleWithin(own: WorkspaceRole, role: WorkspaceRole): void {
  if (workspaceRoles.indexOf(own) <= workspaceRoles.indexOf(role)) return;
  throw new DomainError('insufficient_permission', { detail: `${own} may not give or take ${role}` });
}
