import { grantablePermissions, resolvePermission } from '@flowkeep/contracts';

/** What Flowise's pages offer for a key, and what for roles besides. */
const keyCategories = [
  ...['chatflows', 'agentflows', 'predictions', 'tools', 'assistants', 'credentials', 'variables', 'apikeys'],
  ...['documentStores', 'datasets', 'executions', 'evaluators', 'evaluations', 'templates', 'logs', 'loginActivity'],
];
const adminPermissions = ['users:manage', 'roles:manage', 'sso:manage'];

const names = [...grantablePermissions].filter((name) => !name.endsWith(':read')).sort();

/** The permissions by category (contract: Flowise 1.3). What stands for nothing here is marked as sold elsewhere. */
export function permissionCatalogue(type: 'API_KEY' | 'ROLE') {
  const categories = type === 'ROLE' ? [...keyCategories, 'workspace'] : keyCategories;
  const listed = categories.map((category) => [category, entries(names.filter((name) => isOf(name, category)))]);
  return Object.fromEntries(type === 'ROLE' ? [...listed, ['admin', entries(adminPermissions)]] : listed) as Record<
    string,
    ReturnType<typeof entries>
  >;
}

function entries(keys: readonly string[]) {
  return keys.map((key) => ({
    key,
    value: label(key),
    isOpenSource: resolvePermission(key).length > 0,
    isEnterprise: true,
    isCloud: true,
  }));
}

function isOf(name: string, category: string): boolean {
  return name.startsWith(`${category}:`);
}

/** `custom-delete` as `Custom delete`. */
function label(key: string): string {
  const words = key.slice(key.indexOf(':') + 1).replaceAll('-', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
