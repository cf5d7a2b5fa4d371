import {
  type Caller,
  DomainError,
  grantablePermissions,
  includesRights,
  keyRights,
  type RequestOf,
  type createKey,
} from '@flowkeep/contracts';
import type { ApiKeyRow } from './api-key.entity.ts';

type Wanted = RequestOf<typeof createKey>;
type Issuer = Pick<ApiKeyRow, 'permissions' | 'scopeFlowIds' | 'scopeProjectIds' | 'expiresAt'>;
type Grant = Pick<ApiKeyRow, 'permissions' | 'scopeFlowIds' | 'scopeProjectIds' | 'expiresAt'>;

const everything = '*';

/**
 * What a new key may be given: never a right its holder lacks now, and nothing the key it was made with could not do
 * itself — no right, no flow, not a day longer.
 *
 * @param issuer the key the request came with; null for a person who signed in
 * @throws DomainError `insufficient_permission`; `invalid_request` naming the permissions nobody can be given
 */
export function grantOf(wanted: Wanted, caller: Caller, issuer: Issuer | null, now: number): Grant {
  refuseUnknown(wanted.permissions);
  if (wanted.expiresAt !== null && wanted.expiresAt <= now) {
    throw invalid(['expiresAt'], 'expired', 'A key must expire in the future.');
  }
  const permissions = [...new Set(wanted.permissions)];
  const unlimited = issuer === null || issuer.permissions.includes(everything);
  // `*` means whatever the holder may at the time of a request, so it needs no right now: but only to pass it on.
  const named = unlimited ? permissions.filter((name) => name !== everything) : permissions;
  if (!includesRights(caller.rights, keyRights({ permissions: named }))) {
    throw new DomainError('insufficient_permission', { detail: 'a key may not be given more than its maker has' });
  }
  if (!unlimited && permissions.includes(everything)) {
    throw new DomainError('insufficient_permission', { detail: 'a limited key may not make an unlimited one' });
  }
  return {
    permissions,
    scopeFlowIds: issuer?.scopeFlowIds ?? [],
    scopeProjectIds: issuer?.scopeProjectIds ?? [],
    expiresAt: earlier(wanted.expiresAt, issuer?.expiresAt ?? null),
  };
}

function refuseUnknown(permissions: readonly string[]): void {
  const index = permissions.findIndex((name) => !grantablePermissions.has(name));
  if (index >= 0) throw invalid(['permissions', index], 'unknown_permission', 'There is no such permission.');
}

function invalid(path: (string | number)[], code: string, message: string): DomainError {
  return new DomainError('invalid_request', { issues: [{ path, code, message }] });
}

/** Null is never. */
function earlier(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}
