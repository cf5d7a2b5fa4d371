/**
 * The native permissions. The position of a permission is its bit in a {@link Rights} bitmap that crosses the bus, so
 * new ones go to the end and none is ever removed or moved.
 */
export const permissions = [
  'flows:view',
  'flows:create',
  'flows:update',
  'flows:delete',
  'runs:create',
  'runs:view',
  'messages:view',
  'messages:update',
  'messages:delete',
  'projects:view',
  'projects:create',
  'projects:update',
  'projects:delete',
  'files:view',
  'files:create',
  'files:delete',
  'variables:view',
  'variables:create',
  'variables:update',
  'variables:delete',
  'credentials:view',
  'credentials:create',
  'credentials:update',
  'credentials:delete',
  'credentials:share',
  'credentials:reference',
  'keys:view',
  'keys:create',
  'keys:update',
  'keys:delete',
  'keys:report',
  'tools:view',
  'tools:create',
  'tools:update',
  'tools:delete',
  'vectors:upsert',
  'members:view',
  'members:manage',
  'workspaces:create',
  'workspaces:manage',
  'users:manage',
  'roles:manage',
  'sessions:manage',
  'settings:manage',
  'vault:rotate',
  'logs:view',
  'audit:view',
] as const;

export type Permission = (typeof permissions)[number];

/**
 * Other systems' names for our permissions (contracts: Flowise 1.4 and the documents Flowkeep follows). A key keeps the
 * name it was given; this table says what it means.
 */
export const permissionAliases: Readonly<Record<string, readonly Permission[]>> = {
  ...group('chatflows', 'flows'),
  ...group('agentflows', 'flows'),
  ...group('flows', 'flows'),
  'predictions:create': ['runs:create'],
  ...crud('tools', 'tools'),
  'tools:export': ['tools:view'],
  ...crud('credentials', 'credentials'),
  ...crud('variables', 'variables'),
  ...crud('apikeys', 'keys'),
  ...crud('keys', 'keys'),
  'executions:view': ['runs:view'],
  'workspace:view': ['members:view'],
  'workspace:create': ['workspaces:create'],
  'workspace:update': ['workspaces:manage'],
  'workspace:delete': ['workspaces:manage'],
  'workspace:add-user': ['members:manage'],
  'workspace:unlink-user': ['members:manage'],
  'loginActivity:view': ['audit:view'],
};

/** Names that Flowise keys may carry for features Flowkeep has no permission for; accepted, echoed, granting nothing. */
export const inertPermissions: readonly string[] = [
  ...names('assistants', ['view', 'create', 'update', 'delete']),
  ...names('documentStores', ['view', 'create', 'update', 'delete']),
  ...names('documentStores', ['add-loader', 'delete-loader', 'preview-process', 'upsert-config']),
  ...names('datasets', ['view', 'create', 'update', 'delete']),
  ...names('executions', ['update', 'delete']),
  ...names('evaluators', ['view', 'create', 'update', 'delete']),
  ...names('evaluations', ['view', 'create', 'update', 'delete', 'run']),
  ...names('templates', ['marketplace', 'custom', 'custom-delete', 'toolexport', 'flowexport', 'custom-share']),
  ...names('workspace', ['export', 'import']),
  'sso:manage',
];

/** The permission names a key may be given, `*` included. */
export const grantablePermissions: ReadonlySet<string> = new Set([
  '*',
  ...permissions,
  ...Object.keys(permissionAliases),
  ...inertPermissions,
]);

/**
 * The native permissions that a name of any dialect stands for.
 *
 * @param name a native permission, an alias, or `*`
 * @returns an empty list for an inert or unknown name: a name never grants more than the table says
 */
export function resolvePermission(name: string): readonly Permission[] {
  if (name === '*') return permissions;
  if ((permissions as readonly string[]).includes(name)) return [name as Permission];
  return Object.hasOwn(permissionAliases, name) ? (permissionAliases[name] ?? []) : [];
}

function names(subject: string, actions: readonly string[]): string[] {
  return actions.map((action) => `${subject}:${action}`);
}

/** view (also called read), create, update and delete of one subject. */
function crud(alias: string, native: 'flows' | 'tools' | 'credentials' | 'variables' | 'keys') {
  return {
    [`${alias}:read`]: [`${native}:view`],
    [`${alias}:view`]: [`${native}:view`],
    [`${alias}:create`]: [`${native}:create`],
    [`${alias}:update`]: [`${native}:update`],
    [`${alias}:delete`]: [`${native}:delete`],
  } satisfies Record<string, Permission[]>;
}

/** Flowise's nine actions on a kind of flow. */
function group(alias: string, native: 'flows') {
  return {
    ...crud(alias, native),
    [`${alias}:duplicate`]: ['flows:view', 'flows:create'],
    [`${alias}:export`]: ['flows:view'],
    [`${alias}:import`]: ['flows:create'],
    [`${alias}:config`]: ['flows:update'],
    [`${alias}:domains`]: ['flows:update'],
  } satisfies Record<string, Permission[]>;
}
