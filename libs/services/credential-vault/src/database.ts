import { type DatabaseDefinition, OutboxEntity } from '@flowkeep/persistence';
import { CanaryEntity } from './data-keys/canary.entity.ts';
import { DataKeyEntity } from './data-keys/data-key.entity.ts';
import { FlowSecretEntity } from './flow-secrets/flow-secret.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { variables } from './migrations/0002-variables.ts';
import { SystemSecretEntity } from './system-secrets/system-secret.entity.ts';
import { VariableEntity } from './variables/variable.entity.ts';

/** What the vault keeps. */
export const credentialVaultDatabase: DatabaseDefinition = {
  service: 'vault',
  entities: [DataKeyEntity, CanaryEntity, SystemSecretEntity, VariableEntity, FlowSecretEntity, OutboxEntity],
  migrations: [initial, variables],
};
