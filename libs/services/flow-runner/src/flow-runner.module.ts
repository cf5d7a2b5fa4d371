import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { Examples } from './examples/examples.ts';
import { ExamplesController } from './examples/examples.controller.ts';
import { FieldDefaults } from './flows/field-defaults.ts';
import { FlowImports } from './flows/flow-imports.ts';
import { FlowSaves } from './flows/flow-saves.ts';
import { FlowSecrets } from './flows/flow-secrets.ts';
import { FlowsController } from './flows/flows.controller.ts';
import { FlowList } from './flows/flow-list.ts';
import { FlowsService } from './flows/flows.service.ts';
import { OwnerRelease } from './flows/owner-release.ts';
import { SecretCleanup } from './flows/secret-cleanup.ts';
import { SecretPromotion } from './flows/secret-promotion.ts';
import { VariableUses } from './flows/variable-uses.ts';
import { FlowRunnerOptions } from './flow-runner-options.ts';
import { HealthController } from './health.controller.ts';
import { Outbound } from './outbound.ts';
import { ProjectsService } from './projects/projects.service.ts';
import { History } from './runs/history.ts';
import { RunCredentials } from './runs/run-credentials.ts';
import { RunnableFlows } from './runs/runnable-flows.ts';
import { RunStore } from './runs/run-store.ts';
import { RunsController } from './runs/runs.controller.ts';
import { RunsService } from './runs/runs.service.ts';

export interface FlowRunnerParts {
  readonly bus: Bus;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbound: Outbound;
  readonly options: FlowRunnerOptions;
}

@Module({})
export class FlowRunnerModule {
  static forRoot({ bus, database, clock, logger, outbound, options }: FlowRunnerParts): DynamicModule {
    return {
      module: FlowRunnerModule,
      controllers: [HealthController, FlowsController, ExamplesController, RunsController],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: Logger, useValue: logger },
        { provide: Outbound, useValue: outbound },
        { provide: FlowRunnerOptions, useValue: options },
        { provide: UuidV7, useFactory: () => new UuidV7(clock) },
        AuditOutbox,
        ProjectsService,
        SecretCleanup,
        FlowSecrets,
        FlowsService,
        FlowList,
        OwnerRelease,
        FieldDefaults,
        FlowImports,
        Examples,
        FlowSaves,
        SecretPromotion,
        VariableUses,
        RunnableFlows,
        RunStore,
        RunCredentials,
        History,
        RunsService,
      ],
    };
  }
}
