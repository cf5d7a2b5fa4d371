import { type Bus, serve } from '@flowkeep/bus';
import type { Clock, Settings } from '@flowkeep/config';
import { AuditOutbox, AuditRelay, openServiceDatabase } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { flowRunnerDatabase } from './database.ts';
import { FlowRunnerOptions } from './flow-runner-options.ts';
import { FlowRunnerModule } from './flow-runner.module.ts';

export interface FlowRunnerDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts flow-runner: its database, its handlers, and the delivery of its audit events. */
export async function startFlowRunner({ settings, bus, clock, logger }: FlowRunnerDependencies) {
  const database = await openServiceDatabase(flowRunnerDatabase, { settings, clock, logger });
  const outbound = { fetch: () => Promise.reject(new Error('there is no way out yet')) };
  const options = new FlowRunnerOptions({ removeSecrets: false });
  const app = await serve(FlowRunnerModule.forRoot({ bus, database, clock, logger, outbound, options }), bus);
  const relay = new AuditRelay({ outbox: app.get(AuditOutbox), database, bus, clock, logger });
  return {
    stop: async () => {
      await app.close();
      await relay.stop();
      await database.close();
    },
  };
}
