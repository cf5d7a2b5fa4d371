import { type Bus, serve } from '@flowkeep/bus';
import type { Clock, Settings } from '@flowkeep/config';
import { openServiceDatabase } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { flowRunnerDatabase } from './database.ts';
import { FlowRunnerModule } from './flow-runner.module.ts';

export interface FlowRunnerDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts flow-runner: its database, then its handlers. The bus is left to whoever opened it. */
export async function startFlowRunner({ settings, bus, clock, logger }: FlowRunnerDependencies) {
  const database = await openServiceDatabase(flowRunnerDatabase, { settings, clock, logger });
  const app = await serve(FlowRunnerModule.forRoot({ bus, database, clock, logger }), bus);
  return {
    stop: async () => {
      await app.close();
      await database.close();
    },
  };
}
