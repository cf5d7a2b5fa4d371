import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { DataKeys } from './data-keys/data-keys.ts';
import { FlowSecretsController } from './flow-secrets/flow-secrets.controller.ts';
import { FlowSecretsService } from './flow-secrets/flow-secrets.service.ts';
import { Resolution } from './flow-secrets/resolution.ts';
import { HealthController } from './health.controller.ts';
import { SystemSecretsController } from './system-secrets/system-secrets.controller.ts';
import { SystemSecrets } from './system-secrets/system-secrets.service.ts';
import { Values } from './values.ts';
import { EnvironmentImport } from './variables/environment-import.ts';
import { LastUses } from './variables/last-uses.ts';
import { UnreadableVariables } from './variables/unreadable-variables.ts';
import { VariablesController } from './variables/variables.controller.ts';
import { VariablesService } from './variables/variables.service.ts';
import { VaultOptions } from './vault-options.ts';

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
      controllers: [HealthController, SystemSecretsController, VariablesController, FlowSecretsController],
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
        EnvironmentImport,
        LastUses,
        UnreadableVariables,
        FlowSecretsService,
        Resolution,
      ],
    };
  }
}
