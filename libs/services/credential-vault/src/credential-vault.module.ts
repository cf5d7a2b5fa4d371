import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { CredentialsController } from './credentials/credentials.controller.ts';
import { CredentialsService } from './credentials/credentials.service.ts';
import { DataKeys } from './data-keys/data-keys.ts';
import { FlowSecretsController } from './flow-secrets/flow-secrets.controller.ts';
import { FlowSecretsService } from './flow-secrets/flow-secrets.service.ts';
import { Promotion } from './flow-secrets/promotion.ts';
import { Resolution } from './flow-secrets/resolution.ts';
import { HealthController } from './health.controller.ts';
import { DataKeyRotation } from './rotation/data-key-rotation.ts';
import { RetiredKeys } from './rotation/retired-keys.ts';
import { RotationLog } from './rotation/rotation-log.ts';
import { RotationsController } from './rotation/rotations.controller.ts';
import { RotationsService } from './rotation/rotations.service.ts';
import { SecretKeyRotation } from './rotation/secret-key-rotation.ts';
import { SystemSecretsController } from './system-secrets/system-secrets.controller.ts';
import { SystemSecrets } from './system-secrets/system-secrets.service.ts';
import { UnreadableValues } from './unreadable-values.ts';
import { Values } from './values.ts';
import { DefaultFields } from './variables/default-fields.ts';
import { EnvironmentImport } from './variables/environment-import.ts';
import { LastUses } from './variables/last-uses.ts';
import { References } from './variables/references.ts';
import { VariablesController } from './variables/variables.controller.ts';
import { VariablesService } from './variables/variables.service.ts';
import { VaultOptions } from './vault-options.ts';
import { EndedWorkspaces } from './workspaces/ended-workspaces.ts';
import { WorkspacesController } from './workspaces/workspaces.controller.ts';

export interface CredentialVaultParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: UuidV7;
  readonly outbox: AuditOutbox;
  readonly dataKeys: DataKeys;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly options: VaultOptions;
}

@Module({})
export class CredentialVaultModule {
  static forRoot({
    database,
    clock,
    ids,
    outbox,
    dataKeys,
    bus,
    logger,
    options,
  }: CredentialVaultParts): DynamicModule {
    return {
      module: CredentialVaultModule,
      controllers: [
        HealthController,
        SystemSecretsController,
        VariablesController,
        CredentialsController,
        FlowSecretsController,
        WorkspacesController,
        RotationsController,
      ],
      providers: [
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: UuidV7, useValue: ids },
        { provide: AuditOutbox, useValue: outbox },
        { provide: DataKeys, useValue: dataKeys },
        { provide: Bus, useValue: bus },
        { provide: Logger, useValue: logger },
        { provide: VaultOptions, useValue: options },
        SystemSecrets,
        Values,
        VariablesService,
        CredentialsService,
        DefaultFields,
        EnvironmentImport,
        LastUses,
        UnreadableValues,
        References,
        FlowSecretsService,
        Promotion,
        Resolution,
        EndedWorkspaces,
        RotationLog,
        SecretKeyRotation,
        DataKeyRotation,
        RotationsService,
        RetiredKeys,
      ],
    };
  }
}
