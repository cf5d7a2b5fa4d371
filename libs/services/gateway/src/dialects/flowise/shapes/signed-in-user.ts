import { effectiveRights, listRights, type PrincipalFacts } from '@flowkeep/contracts';
import { organizationId } from '../../../auth/workspace-scope.ts';

/**
 * The user as Flowise answers a login (contract: Flowise 2.5). Who has no e-mail address is called by the username.
 * What Flowise sells is null, and so are roles of an organization, which we don't have; names of workspaces are left out.
 */
export function signedInUser(principal: PrincipalFacts) {
  const { userId, username, superuser, defaultWorkspaceId, memberships } = principal;
  return {
    id: userId,
    email: username,
    name: username,
    roleId: null,
    activeOrganizationId: organizationId,
    activeOrganizationSubscriptionId: null,
    activeOrganizationCustomerId: null,
    activeOrganizationProductId: null,
    isOrganizationAdmin: superuser,
    activeWorkspaceId: defaultWorkspaceId,
    assignedWorkspaces: memberships.map(({ workspaceId: id, role }) => ({ id, role, organizationId })),
    permissions: listRights(effectiveRights(principal, defaultWorkspaceId)),
    features: {},
    isSSO: false,
  };
}
