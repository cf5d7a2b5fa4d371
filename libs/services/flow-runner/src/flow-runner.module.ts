import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { FlowsController } from './flows/flows.controller.ts';
import { FlowsService } from './flows/flows.service.ts';
import { HealthController } from './health.controller.ts';
import { ProjectsService } from './projects/projects.service.ts';
import { RunnableFlows } from './runs/runnable-flows.ts';
import { RunStore } from './runs/run-store.ts';
import { RunsController } from './runs/runs.controller.ts';
import { RunsService } from './runs/runs.service.ts';

export interface FlowRunnerParts {
  readonly bus: Bus;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

@Module({})
export class FlowRunnerModule {
  static forRoot({ bus, database, clock, logger }: FlowRunnerParts): DynamicModule {
    return {
      module: FlowRunnerModule,
      controllers: [HealthController, FlowsController, RunsController],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: Logger, useValue: logger },
        { provide: UuidV7, useFactory: () => new UuidV7(clock) },
        AuditOutbox,
        ProjectsService,
        FlowsService,
        RunnableFlows,
        RunStore,
        RunsService,
      ],
    };
  }
}
