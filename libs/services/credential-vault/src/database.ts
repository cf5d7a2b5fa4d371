import { type DatabaseDefinition, OutboxEntity } from '@flowkeep/persistence';
import { CanaryEntity } from './data-keys/canary.entity.ts';
import { DataKeyEntity } from './data-keys/data-key.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { SystemSecretEntity } from './system-secrets/system-secret.entity.ts';

/** What the vault keeps. */
export const credentialVaultDatabase: DatabaseDefinition = {
  service: 'vault',
  entities: [DataKeyEntity, CanaryEntity, SystemSecretEntity, OutboxEntity],
  migrations: [initial],
};
