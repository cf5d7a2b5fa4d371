import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { HealthController } from './health.controller.ts';
import { KeysController } from './keys/keys.controller.ts';
import { KeysService } from './keys/keys.service.ts';
import { UsageController } from './usage/usage.controller.ts';
import { UsageService } from './usage/usage.service.ts';

export interface KeyManagementParts {
  readonly bus: Bus;
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: AuditOutbox;
}

@Module({})
export class KeyManagementModule {
  static forRoot({ bus, database, clock, outbox }: KeyManagementParts): DynamicModule {
    return {
      module: KeyManagementModule,
      controllers: [HealthController, KeysController, UsageController],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: AuditOutbox, useValue: outbox },
        { provide: UuidV7, useFactory: () => new UuidV7(clock) },
        KeysService,
        UsageService,
      ],
    };
  }
}
