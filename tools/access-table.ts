// Run by plain Node with tools/aliases.ts.
/* eslint-disable @nx/enforce-module-boundaries */
import { type Permission, rolePermissions, superuserPermissions } from '../libs/contracts/src/index.ts';
import { routeTable } from '../libs/services/gateway/src/routing/route-table.ts';
import type { Route } from '../libs/services/gateway/src/routing/route.ts';

const roles = ['viewer', 'runner', 'editor', 'admin', 'owner'] as const;

/** Open to whoever is signed in, and then decided by whose the thing is. */
const decidedByOwnership: ReadonlySet<string> = new Set([
  'PATCH /api/v1/users/:userId',
  'PATCH /api/v1/users/:userId/reset-password',
  'PATCH /api/flowkeep/v1/users/:userId',
  'PATCH /api/flowkeep/v1/workspaces/:workspaceId',
  'DELETE /api/flowkeep/v1/members/:userId',
]);

/** What belongs to a workspace, by the name its id has in addresses. */
const ofWorkspace = /:(flow|flowId|keyId|variableId|credentialId|invitationId)\b|\/(apikey|credentials)\/:id\b/;

const yes = '●';
const no = '–';

/**
 * Who may use which route, as a Markdown table: every role asks in its own workspace, the superuser in one of his own,
 * and somebody of another workspace asks for what belongs to this one.
 */
export function accessTable(): string {
  const head = ['Route', 'Needs', 'nobody', ...roles, 'superuser', 'other workspace'];
  const rows = [...routeTable]
    .sort(byAddress)
    .map((route) => [
      `\`${route.method} ${route.path}\``,
      needs(route),
      route.access === 'public' || route.access === 'optional' ? yes : no,
      ...roles.map((role) => cell(route, rolePermissions[role])),
      cell(route, [...rolePermissions.owner, ...superuserPermissions]),
      other(route),
    ]);
  return markdownTable([head, ...rows]);
}

/** Its columns aligned, as the formatter wants them. */
function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function needs({ access }: Route): string {
  if (access === 'public' || access === 'optional') return 'nothing';
  return access === 'signed-in' ? 'a credential' : `\`${access}\``;
}

function cell(route: Route, granted: readonly Permission[]): string {
  const { access, method, path } = route;
  if (decidedByOwnership.has(`${method} ${path}`)) return 'own';
  if (access === 'public' || access === 'optional' || access === 'signed-in') return yes;
  return granted.includes(access) ? yes : no;
}

/** Whoever asks here is the owner of a workspace of their own. */
function other(route: Route): string {
  const own = cell(route, rolePermissions.owner);
  return own === yes && ofWorkspace.test(route.path) && route.access !== 'public' ? 'missing' : own;
}

function byAddress(left: Route, right: Route): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : left.method < right.method ? -1 : 1;
}
