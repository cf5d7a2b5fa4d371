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

/** Callers made from the same facts are the same: facts are replaced, never changed. */
const callersOfKeys = new WeakMap<CredentialFacts, { readonly principal: PrincipalFacts; readonly caller: Caller }>();

/**
 * Decides from facts whether the credential counts now.
 *
 * @param nowMs milliseconds since 1970
 * @returns on whose behalf the request acts
 * @throws DomainError naming the verdict; to the client the verdicts about a key all read the same
 */
export function decideCaller(facts: Authenticated, nowMs: number): Caller {
  const { key, principal } = facts;
  if (key !== undefined) {
    if (!key.enabled) throw new DomainError('key_disabled');
    if (key.expiresAt !== null && key.expiresAt <= nowMs) throw new DomainError('key_expired');
    if (key.notBefore !== null && key.notBefore > nowMs) throw new DomainError('key_not_yet_valid');
  }
  if (!principal.active) throw new DomainError('user_inactive');
  if (key !== undefined) return callerOfKey(key, principal);
  const { sessionId } = facts;
  if (sessionId === undefined || !principal.sessionIds.includes(sessionId)) {
    throw new DomainError('token_invalid', { detail: 'the session has ended' });
  }
  const workspaceId = principal.defaultWorkspaceId;
  const rights = [...effectiveRights(principal, workspaceId)];
  return { userId: principal.userId, username: principal.username, workspaceId, sessionId, rights };
}

/** @throws DomainError `insufficient_permission` */
export function requireAccess(caller: Caller, access: RouteAccess): void {
  if (access === 'public' || access === 'optional' || access === 'signed-in') return;
  if (hasRight(caller.rights, access)) return;
  throw new DomainError('insufficient_permission', { detail: `needs ${access}` });
}

function callerOfKey(key: CredentialFacts, principal: PrincipalFacts): Caller {
  const known = callersOfKeys.get(key);
  if (known?.principal === principal) return known.caller;
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
