import { type DatabaseDefinition, OutboxEntity } from '@flowkeep/persistence';
import { CredentialEntity } from './credentials/credential.entity.ts';
import { DataKeyEntity, DataKeyWrapEntity } from './data-keys/data-key.entity.ts';
import { SecretKeyEntity } from './data-keys/secret-key.entity.ts';
import { FlowSecretEntity } from './flow-secrets/flow-secret.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { variables } from './migrations/0002-variables.ts';
import { rotation } from './migrations/0003-rotation.ts';
import { references } from './migrations/0004-references.ts';
import { credentials } from './migrations/0005-credentials.ts';
import { RotationEntity } from './rotation/rotation.entity.ts';
import { SystemSecretEntity } from './system-secrets/system-secret.entity.ts';
import { VariableEntity } from './variables/variable.entity.ts';

/** What the vault keeps. */
export const credentialVaultDatabase: DatabaseDefinition = {
  service: 'vault',
  entities: [
    SecretKeyEntity,
    DataKeyEntity,
    DataKeyWrapEntity,
    RotationEntity,
    SystemSecretEntity,
    VariableEntity,
    CredentialEntity,
    FlowSecretEntity,
    OutboxEntity,
  ],
  migrations: [initial, variables, rotation, references, credentials],
};
