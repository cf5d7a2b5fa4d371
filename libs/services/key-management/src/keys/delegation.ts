import {
  type Caller,
  DomainError,
  grantablePermissions,
  includesRange,
  includesRights,
  type KeyScope,
  keyRights,
  normalizeRange,
  type RequestOf,
  type createKey,
} from '@flowkeep/contracts';
import type { ApiKeyRow } from './api-key.entity.ts';

type Wanted = RequestOf<typeof createKey>;

/** What of a key decides what can be done with it. */
export type Grant = Pick<
  ApiKeyRow,
  'permissions' | 'scopeFlowIds' | 'scopeProjectIds' | 'addresses' | 'notBefore' | 'expiresAt' | 'rateLimit' | 'quota'
>;

const everything = '*';
const everywhere: KeyScope = { flowIds: [], projectIds: [] };

type Issuer = Grant | null;

/**
 * What a new key is given: never a right its holder lacks now, and nothing the key it was made with could not do itself —
 * no right, no flow, no address, not a day longer. What is not asked for is taken over from that key.
 *
 * @param issuer the key the request came with; null for a person who signed in
 * @param times the present, and the latest end the server allows, null = none; milliseconds since 1970
 * @throws DomainError `insufficient_permission`; `invalid_request` naming the fields nobody can be given
 */
export function grantOf(
  wanted: Wanted,
  caller: Caller,
  issuer: Issuer,
  times: { readonly now: number; readonly latestExpiry: number | null },
): Grant {
  return {
    permissions: grantPermissions(wanted.permissions, caller, issuer),
    ...grantScope(wanted.scope, issuer),
    addresses: grantAddresses(wanted.addresses, issuer),
    ...grantTimes(wanted, issuer, times),
    ...grantLimits(wanted, issuer),
  };
}

export function grantPermissions(wanted: readonly string[], caller: Caller, issuer: Issuer): string[] {
  const unknown = wanted.findIndex((name) => !grantablePermissions.has(name));
  if (unknown >= 0) throw invalid(['permissions', unknown], 'unknown_permission', 'There is no such permission.');
  requireRights(wanted, caller, issuer);
  return [...new Set(wanted)];
}

export function grantScope(wanted: KeyScope, issuer: Issuer): Pick<Grant, 'scopeFlowIds' | 'scopeProjectIds'> {
  const limit = issuer === null ? everywhere : scopeOf(issuer);
  const asked = isEmpty(wanted) ? limit : wanted;
  if (!isWithin(asked, limit)) throw refusal('a key may not reach further than the one it was made with');
  return { scopeFlowIds: [...new Set(asked.flowIds)], scopeProjectIds: [...new Set(asked.projectIds)] };
}

export function grantAddresses(wanted: readonly string[], issuer: Issuer): string[] | null {
  const limit = issuer?.addresses ?? null;
  const asked = wanted.length === 0 ? (limit ?? []) : wanted.map(normalizeRange);
  if (limit !== null && !asked.every((range) => isAmong(range, limit))) {
    throw refusal('a key may not be used from more places than the one it was made with');
  }
  return asked.length === 0 ? null : [...new Set(asked)];
}

export function grantTimes(
  { notBefore, expiresAt }: Pick<Wanted, 'notBefore' | 'expiresAt'>,
  issuer: Issuer,
  { now, latestExpiry }: { readonly now: number; readonly latestExpiry: number | null },
): Pick<Grant, 'notBefore' | 'expiresAt'> {
  if (expiresAt !== null && expiresAt <= now) {
    throw invalid(['expiresAt'], 'expired', 'A key must expire in the future.');
  }
  if (expiresAt !== null && latestExpiry !== null && expiresAt > latestExpiry) {
    throw invalid(['expiresAt'], 'too_late', 'The server does not let keys live that long.');
  }
  const end = earlier(earlier(expiresAt, latestExpiry), issuer?.expiresAt ?? null);
  if (notBefore !== null && end !== null && notBefore >= end) {
    throw invalid(['notBefore'], 'too_late', 'A key must begin before it ends.');
  }
  return { notBefore, expiresAt: end };
}

/** A limited key could lift its own limits by giving others any. */
export function grantLimits(
  { rateLimit, quota }: Pick<Wanted, 'rateLimit' | 'quota'>,
  issuer: Issuer,
): Pick<Grant, 'rateLimit' | 'quota'> {
  if (issuer?.rateLimit != null || issuer?.quota != null) {
    throw refusal('a key with a rate limit or a quota makes no keys and changes no limits');
  }
  return { rateLimit, quota: quota?.daily == null && quota?.monthly == null ? null : quota };
}

/**
 * Refuses to touch a key that can do anything its holder may not now, or the key the request came with can't do.
 *
 * @throws DomainError `insufficient_permission`
 */
export function requireWithin(key: Grant, caller: Caller, issuer: Issuer): void {
  requireRights(key.permissions, caller, issuer);
  if (issuer === null) return;
  if (!isWithin(scopeOf(key), scopeOf(issuer))) throw refusal('the key reaches further than the one that asks');
  if (earlier(key.expiresAt ?? null, issuer.expiresAt ?? null) !== (key.expiresAt ?? null)) {
    throw refusal('the key lives longer than the one that asks');
  }
  const { addresses } = issuer;
  if (addresses != null && !(key.addresses ?? ['0.0.0.0/0', '::/0']).every((range) => isAmong(range, addresses))) {
    throw refusal('the key may be used from more places than the one that asks');
  }
}

function requireRights(permissions: readonly string[], caller: Caller, issuer: Issuer): void {
  const unlimited = issuer === null || issuer.permissions.includes(everything);
  // `*` means whatever the holder may at the time of a request, so it needs no right now: but only to pass it on.
  const named = unlimited ? permissions.filter((name) => name !== everything) : permissions;
  if (!includesRights(caller.rights, keyRights({ permissions: [...named] }))) {
    throw refusal('a key may not be given more than its maker has');
  }
  if (!unlimited && permissions.includes(everything)) throw refusal('a limited key may not make an unlimited one');
}

function scopeOf({ scopeFlowIds, scopeProjectIds }: Grant): KeyScope {
  return { flowIds: scopeFlowIds, projectIds: scopeProjectIds };
}

function isEmpty({ flowIds, projectIds }: KeyScope): boolean {
  return flowIds.length === 0 && projectIds.length === 0;
}

/** Which project a flow is in is not known here: a flow counts as inside only when the limit names it. */
function isWithin(scope: KeyScope, limit: KeyScope): boolean {
  if (isEmpty(limit)) return true;
  if (isEmpty(scope)) return false;
  const inside = (ids: readonly string[], among: readonly string[]) => ids.every((id) => among.includes(id));
  return inside(scope.flowIds, limit.flowIds) && inside(scope.projectIds, limit.projectIds);
}

function isAmong(range: string, limit: readonly string[]): boolean {
  return limit.some((outer) => includesRange(outer, range));
}

function refusal(detail: string): DomainError {
  return new DomainError('insufficient_permission', { detail });
}

function invalid(path: (string | number)[], code: string, message: string): DomainError {
  return new DomainError('invalid_request', { issues: [{ path, code, message }] });
}

/** Null is never. */
export function earlier(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}
