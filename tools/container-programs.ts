/** What a container may run: the app under dist/apps, and what goes before the arguments it is given. */
export const programs: Readonly<Record<string, readonly [app: string, ...args: string[]]>> = {
  standalone: ['standalone'],
  gateway: ['gateway'],
  identity: ['identity'],
  'key-management': ['key-management'],
  'credential-vault': ['credential-vault'],
  'flow-runner': ['flow-runner'],
  migrate: ['cli', 'db', 'migrate', '--databases-only'],
};
