import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { DataKeys } from './data-keys/data-keys.ts';
import { HealthController } from './health.controller.ts';
import { SystemSecretsController } from './system-secrets/system-secrets.controller.ts';
import { SystemSecrets } from './system-secrets/system-secrets.service.ts';

export interface CredentialVaultParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: UuidV7;
  readonly outbox: AuditOutbox;
  readonly dataKeys: DataKeys;
}

@Module({})
export class CredentialVaultModule {
  static forRoot({ database, clock, ids, outbox, dataKeys }: CredentialVaultParts): DynamicModule {
    return {
      module: CredentialVaultModule,
      controllers: [HealthController, SystemSecretsController],
      providers: [
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: UuidV7, useValue: ids },
        { provide: AuditOutbox, useValue: outbox },
        { provide: DataKeys, useValue: dataKeys },
        SystemSecrets,
      ],
    };
  }
}
