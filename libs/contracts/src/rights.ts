import { type Permission, permissions, resolvePermission } from './permissions.ts';
import type { CredentialFacts, PrincipalFacts, WorkspaceRole } from './facts.ts';

/** A set of permissions as 32-bit words: bit `i % 32` of word `i / 32` is `permissions[i]`. */
export type Rights = readonly number[];

const wordCount = Math.ceil(permissions.length / 32);
const bits = new Map(permissions.map((permission, index) => [permission, index]));

export const noRights: Rights = Array.from({ length: wordCount }, () => 0);

export function toRights(granted: Iterable<Permission>): Rights {
  const words = Array.from({ length: wordCount }, () => 0);
  for (const permission of granted) {
    const index = bits.get(permission) as number;
    words[index >> 5] = ((words[index >> 5] as number) | (1 << (index & 31))) >>> 0;
  }
  return words;
}

export function listRights(rights: Rights): Permission[] {
  return permissions.filter((permission) => hasRight(rights, permission));
}

export function hasRight(rights: Rights, permission: Permission): boolean {
  const index = bits.get(permission) as number;
  return (((rights[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

/** The permissions of both sets. */
export function intersectRights(left: Rights, right: Rights): Rights {
  return left.map((word, index) => (word & (right[index] ?? 0)) >>> 0);
}

export function uniteRights(left: Rights, right: Rights): Rights {
  return left.map((word, index) => (word | (right[index] ?? 0)) >>> 0);
}

/** Whether everything in `inner` is also in `outer`. */
export function includesRights(outer: Rights, inner: Rights): boolean {
  return inner.every((word, index) => (word & ~(outer[index] ?? 0)) === 0);
}

/** What only the installation's administrators may do, in any workspace or none. */
export const superuserPermissions = [
  'users:manage',
  'roles:manage',
  'sessions:manage',
  'settings:manage',
  'vault:rotate',
  'workspaces:create',
  'workspaces:manage',
  'keys:report',
  'logs:view',
  'audit:view',
] as const satisfies readonly Permission[];

const viewer = [
  'flows:view',
  'runs:view',
  'messages:view',
  'projects:view',
  'files:view',
  'variables:view',
  'credentials:view',
  'keys:view',
  'tools:view',
  'members:view',
] as const satisfies readonly Permission[];

/** A runner runs flows and holds keys for that; a key never does more than its holder. */
const runner = [
  ...viewer,
  'runs:create',
  'files:create',
  'keys:create',
  'keys:update',
  'keys:delete',
] as const satisfies readonly Permission[];

const editor = [
  ...runner,
  'flows:create',
  'flows:update',
  'flows:delete',
  'messages:update',
  'messages:delete',
  'projects:create',
  'projects:update',
  'projects:delete',
  'files:delete',
  'variables:create',
  'variables:update',
  'variables:delete',
  'credentials:create',
  'credentials:update',
  'credentials:delete',
  'tools:create',
  'tools:update',
  'tools:delete',
  'vectors:upsert',
] as const satisfies readonly Permission[];

const admin = [
  ...editor,
  'credentials:share',
  'credentials:reference',
  'members:manage',
] as const satisfies readonly Permission[];

/** What each role of a workspace allows inside it. */
export const rolePermissions = {
  viewer,
  runner,
  editor,
  admin,
  owner: [...admin, 'workspaces:manage'],
} as const satisfies Record<WorkspaceRole, readonly Permission[]>;

const roleRights = Object.fromEntries(
  Object.entries(rolePermissions).map(([role, granted]) => [role, toRights(granted)]),
) as Record<WorkspaceRole, Rights>;

const superuserRights = toRights(superuserPermissions);

/** What a person may do now in a workspace: the role there, and the superuser's own powers if he is one. */
export function principalRights(principal: PrincipalFacts, workspaceId: string): Rights {
  if (!principal.active) return noRights;
  const role = principal.memberships.find((membership) => membership.workspaceId === workspaceId)?.role;
  const inWorkspace = role === undefined ? noRights : roleRights[role];
  return principal.superuser ? uniteRights(inWorkspace, superuserRights) : inWorkspace;
}

/** What a key allows at most, whoever holds it. An empty list allows nothing. */
export function keyRights(key: Pick<CredentialFacts, 'permissions'>): Rights {
  return toRights(key.permissions.flatMap(resolvePermission));
}

/**
 * The one place that decides what a request may do: what the holder may *now*, and of that what the key allows. The
 * third factor, the attributes of the resource itself, is applied by its owner with {@link mayOpenFlow}.
 *
 * @param key absent for a person signed in with a token
 */
export function effectiveRights(principal: PrincipalFacts, workspaceId: string, key?: CredentialFacts): Rights {
  const rights = principalRights(principal, workspaceId);
  return key === undefined ? rights : intersectRights(rights, keyRights(key));
}

/** The flows and projects a key is limited to; both empty = everything its holder may open. */
export interface KeyScope {
  readonly flowIds: readonly string[];
  readonly projectIds: readonly string[];
}

/** What of a flow decides who may open it. */
export interface FlowAttributes {
  readonly id: string;
  readonly workspaceId: string;
  readonly projectId: string | null;
}

/** Whether the caller's workspace and the scope of its key let it see this flow at all. */
export function mayOpenFlow(
  caller: { readonly workspaceId: string; readonly scope?: KeyScope | undefined },
  flow: FlowAttributes,
): boolean {
  if (caller.workspaceId !== flow.workspaceId) return false;
  const { scope } = caller;
  if (scope === undefined || (scope.flowIds.length === 0 && scope.projectIds.length === 0)) return true;
  return scope.flowIds.includes(flow.id) || (flow.projectId !== null && scope.projectIds.includes(flow.projectId));
}
