import { readFileSync } from 'node:fs';
import { type Bus, connectNats } from '@flowkeep/bus';
import { type Clock, processEnvironment, readSettings, type Settings, SystemClock } from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import { type Logger, type LogLevel, PinoLogger } from '@flowkeep/telemetry';
import { readArguments } from './arguments.ts';
import { endOnUncaughtFailure, logSettingsReport, type Running, runUntilStopped } from './lifecycle.ts';

export interface ServiceContext {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The main program of one service of a distributed installation: settings, log, bus, then the service; at the end the
 * service, then the bus.
 */
export async function runServiceProcess(
  service: ServiceName,
  start: (context: ServiceContext) => Promise<Running & { readonly url?: string }>,
): Promise<void> {
  await runUntilStopped(async () => {
    const sources = [processEnvironment(), ...readArguments(process.argv.slice(2))];
    const { settings, report } = readSettings({ mode: 'distributed', service, sources });
    const logger = new PinoLogger({ service, level: logLevelOf(settings) });
    endOnUncaughtFailure(logger);
    logSettingsReport(logger, report);
    const clock = new SystemClock();
    const bus = connectNats({
      url: settings.natsUrl as string,
      service,
      prefix: settings.busPrefix,
      password: settings.natsPassword,
      allowInsecure: settings.natsInsecure,
      ca: settings.natsCaFile === null ? null : readFileSync(settings.natsCaFile, 'utf8'),
      clock,
      logger,
    });
    const running = await start({ settings, bus, clock, logger });
    logger.info('service started', running.url === undefined ? {} : { url: running.url });
    process.send?.({ started: service, url: running.url });
    return {
      stop: async () => {
        await running.stop();
        await bus.drain();
        await logger.flush();
      },
    };
  });
}

/** The settings' names for levels are those of Langflow too; ours are four. */
export function logLevelOf({ logLevel }: Pick<Settings, 'logLevel'>): LogLevel {
  if (logLevel === 'warning') return 'warn';
  return logLevel === 'critical' ? 'error' : logLevel;
}
