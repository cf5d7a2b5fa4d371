/** The five services, as they appear in bus subjects, database schemas and settings. */
export const serviceNames = ['gateway', 'identity', 'keys', 'vault', 'runner'] as const;

export type ServiceName = (typeof serviceNames)[number];

/** The folder under `apps/` and `libs/services/` that holds each service. */
export const serviceFolders = {
  gateway: 'gateway',
  identity: 'identity',
  keys: 'key-management',
  vault: 'credential-vault',
  runner: 'flow-runner',
} as const satisfies Record<ServiceName, string>;

/** The services that own a database; the gateway owns no data. */
export const dataServiceNames = ['identity', 'keys', 'vault', 'runner'] as const;

export type DataServiceName = (typeof dataServiceNames)[number];
