import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { HealthController } from './health.controller.ts';
import { DepartedOwners } from './keys/departed-owners.ts';
import { KeyChanges } from './keys/key-changes.ts';
import { KeyRules } from './keys/key-rules.ts';
import { KeysController } from './keys/keys.controller.ts';
import { KeyList } from './keys/key-list.ts';
import { KeysService } from './keys/keys.service.ts';
import { RotationService } from './keys/rotation.service.ts';
import { VerificationService } from './keys/verification.service.ts';
import { LeasesService } from './limits/leases.service.ts';
import { LimitsController } from './limits/limits.controller.ts';
import { UsageSeriesService } from './usage/usage-series.service.ts';
import { UsageController } from './usage/usage.controller.ts';
import { UsageService } from './usage/usage.service.ts';

export interface KeyManagementParts {
  readonly bus: Bus;
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: AuditOutbox;
  readonly rules: KeyRules;
}

@Module({})
export class KeyManagementModule {
  static forRoot({ bus, database, clock, outbox, rules }: KeyManagementParts): DynamicModule {
    return {
      module: KeyManagementModule,
      controllers: [HealthController, KeysController, LimitsController, UsageController],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: AuditOutbox, useValue: outbox },
        { provide: UuidV7, useFactory: () => new UuidV7(clock) },
        { provide: KeyRules, useValue: rules },
        KeyChanges,
        KeysService,
        KeyList,
        DepartedOwners,
        RotationService,
        VerificationService,
        LeasesService,
        UsageService,
        UsageSeriesService,
      ],
    };
  }
}
