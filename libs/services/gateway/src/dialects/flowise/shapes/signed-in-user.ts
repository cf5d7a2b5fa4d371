import { effectiveRights, listRights, type PrincipalFacts } from '@flowkeep/contracts';

/** Flowise knows organizations; an installation of ours is one, and this is its id. */
const organizationId = '00000000-0000-4000-8000-000000000001';

/** The user as Flowise answers a login (contract: Flowise 2.5). Who has no e-mail address is called by the username. */
export function signedInUser(principal: PrincipalFacts) {
  const { userId, username, superuser, defaultWorkspaceId } = principal;
  return {
    id: userId,
    email: username,
    name: username,
    activeOrganizationId: organizationId,
    activeWorkspaceId: defaultWorkspaceId,
    isOrganizationAdmin: superuser,
    permissions: listRights(effectiveRights(principal, defaultWorkspaceId)),
    features: {},
    isSSO: false,
  };
}
