import {
  type Caller,
  type CredentialFacts,
  DomainError,
  effectiveRights,
  hasRight,
  type PrincipalFacts,
} from '@flowkeep/contracts';
import type { RouteAccess } from '../routing/route.ts';
import type { Authenticated } from './authenticator.ts';
import { requireValidKey } from './key-verdict.ts';

/** Callers made from the same facts are the same: facts are replaced, never changed. */
const callersOfKeys = new WeakMap<CredentialFacts, { readonly principal: PrincipalFacts; readonly caller: Caller }>();

/**
 * Decides from facts whether the credential counts now.
 *
 * @param nowMs milliseconds since 1970
 * @param address where the request came from
 * @param namedWorkspaceId the workspace the request names; null = the key's, or the one the session works in
 * @returns on whose behalf the request acts
 * @throws DomainError naming the verdict; to the client the verdicts about a key all read the same;
 *   `workspace_not_found` for one the caller is no member of
 */
export function decideCaller(
  facts: Authenticated,
  nowMs: number,
  address: string,
  namedWorkspaceId: string | null = null,
): Caller {
  const { key, principal } = facts;
  if (key !== undefined) requireValidKey(key, nowMs, address);
  if (!principal.active) throw new DomainError('user_inactive');
  if (key !== undefined) {
    if (namedWorkspaceId !== null && namedWorkspaceId !== key.workspaceId) throw new DomainError('workspace_not_found');
    return callerOfKey(key, principal);
  }
  const { sessionId } = facts;
  const session = principal.sessions.find(({ id }) => id === sessionId);
  if (sessionId === undefined || session === undefined) {
    throw new DomainError('token_invalid', { detail: 'the session has ended' });
  }
  if (namedWorkspaceId !== null && !isMember(principal, namedWorkspaceId)) throw new DomainError('workspace_not_found');
  const workspaceId = namedWorkspaceId ?? workspaceOf(principal, session);
  const rights = [...effectiveRights(principal, workspaceId)];
  return { userId: principal.userId, username: principal.username, workspaceId, sessionId, rights };
}

/** @throws DomainError `insufficient_permission` */
export function requireAccess(caller: Caller, access: RouteAccess): void {
  if (access === 'public' || access === 'optional' || access === 'signed-in') return;
  if (hasRight(caller.rights, access)) return;
  throw new DomainError('insufficient_permission', { detail: `needs ${access}` });
}

function isMember({ memberships }: PrincipalFacts, id: string): boolean {
  return memberships.some(({ workspaceId }) => workspaceId === id);
}

/** The one the session was switched to, as long as its person belongs there. */
function workspaceOf(principal: PrincipalFacts, { workspaceId }: PrincipalFacts['sessions'][number]): string {
  return workspaceId !== null && isMember(principal, workspaceId) ? workspaceId : principal.defaultWorkspaceId;
}

function callerOfKey(key: CredentialFacts, principal: PrincipalFacts): Caller {
  const known = callersOfKeys.get(key);
  if (known?.principal === principal) return known.caller;
  if (!isMember(principal, key.workspaceId)) {
    throw new DomainError('key_invalid', {
      detail: "its holder is no member of the key's workspace, or it is archived",
    });
  }
  const limited = key.scope.flowIds.length > 0 || key.scope.projectIds.length > 0;
  const caller: Caller = Object.freeze({
    userId: principal.userId,
    username: principal.username,
    workspaceId: key.workspaceId,
    keyId: key.keyId,
    rights: [...effectiveRights(principal, key.workspaceId, key)],
    ...(limited ? { scope: key.scope } : {}),
  });
  callersOfKeys.set(key, { principal, caller });
  return caller;
}
