import { type Bus, serve } from '@flowkeep/bus';
import { type Clock, hideEnvironmentFromLibraries, type Settings } from '@flowkeep/config';
import { Egress, guardGlobals } from '@flowkeep/egress';
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

/**
 * Starts flow-runner: its way out, its database, its handlers, and the delivery of its audit events. The guard stands
 * before any provider's package is loaded.
 */
export async function startFlowRunner({ settings, bus, clock, logger }: FlowRunnerDependencies) {
  hideEnvironmentFromLibraries();
  const egress = new Egress({ protection: settings.ssrfProtectionEnabled, allowedHosts: settings.ssrfAllowedHosts });
  const liftGuard = guardGlobals(egress);
  const database = await openServiceDatabase(flowRunnerDatabase, { settings, clock, logger });
  const options = new FlowRunnerOptions({ removeSecrets: settings.removeApiKeys });
  const app = await serve(FlowRunnerModule.forRoot({ bus, database, clock, logger, outbound: egress, options }), bus);
  const relay = new AuditRelay({ outbox: app.get(AuditOutbox), database, bus, clock, logger });
  return {
    stop: async () => {
      await app.close();
      await relay.stop();
      await database.close();
      liftGuard();
      await egress.stop();
    },
  };
}
