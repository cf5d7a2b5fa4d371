import { createBroker, connectInProcess } from '@flowkeep/bus';
import { loadSecretKey, prepareDataDir, processEnvironment, readSettings, SystemClock } from '@flowkeep/config';
import { serviceNames } from '@flowkeep/contracts';
import { startCredentialVault } from '@flowkeep/credential-vault';
import { startFlowRunner } from '@flowkeep/flow-runner';
import { startGateway } from '@flowkeep/gateway';
import { startIdentity } from '@flowkeep/identity';
import { startKeyManagement } from '@flowkeep/key-management';
import { endOnUncaughtFailure, logLevelOf, logSettingsReport, readArguments, type Running } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';
import { welcome } from './welcome.ts';

/**
 * All five services in one process. They meet on the in-process bus only, each with a database of its own, so that what
 * works here works distributed.
 */
export async function startStandalone(args: readonly string[]): Promise<Running> {
  const sources = [processEnvironment(), ...readArguments(args)];
  const { settings, report } = readSettings({ mode: 'standalone', sources });
  prepareDataDir(settings.dataDir);
  loadSecretKey(settings);
  const level = logLevelOf(settings);
  const logger = new PinoLogger({ service: 'standalone', level });
  endOnUncaughtFailure(logger);
  logSettingsReport(logger, report);
  const clock = new SystemClock();
  const broker = createBroker({ prefix: settings.busPrefix });
  const contexts = Object.fromEntries(
    serviceNames.map((service) => {
      const log = new PinoLogger({ service, level });
      return [
        service,
        { settings, clock, logger: log, bus: connectInProcess(broker, { service, clock, logger: log }) },
      ];
    }),
  ) as Record<(typeof serviceNames)[number], Parameters<typeof startIdentity>[0]>;
  const started: Running[] = [];
  const stop = async () => {
    for (const running of started.toReversed()) await running.stop();
    await Promise.all(Object.values(contexts).map(({ bus }) => bus.drain()));
    await logger.flush();
  };
  try {
    started.push(await startCredentialVault(contexts.vault));
    started.push(await startIdentity(contexts.identity));
    started.push(await startKeyManagement(contexts.keys));
    started.push(await startFlowRunner(contexts.runner));
    const gateway = await startGateway(contexts.gateway);
    started.push(gateway);
    process.stdout.write(welcome(gateway.url, settings, process.stdout.isTTY));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
