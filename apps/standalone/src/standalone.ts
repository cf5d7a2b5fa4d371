import { createBroker, connectInProcess } from '@flowkeep/bus';
import {
  keepsFiles,
  loadSecretKey,
  lockDataDir,
  prepareDataDir,
  processEnvironment,
  readSettings,
  SystemClock,
} from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import { requireStrongSecretKey } from '@flowkeep/crypto';
import { credentialVaultDatabase, startCredentialVault } from '@flowkeep/credential-vault';
import { flowRunnerDatabase, startFlowRunner } from '@flowkeep/flow-runner';
import { startGateway } from '@flowkeep/gateway';
import { identityDatabase, startIdentity } from '@flowkeep/identity';
import { keyManagementDatabase, startKeyManagement } from '@flowkeep/key-management';
import { migrateServiceDatabase } from '@flowkeep/persistence';
import { endOnUncaughtFailure, logLevelOf, logSettingsReport, readArguments, type Running } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';
import { welcome } from './welcome.ts';

/**
 * All five services in one process. They meet on the in-process bus only, each with a database of its own, so that what
 * works here works distributed.
 *
 * @param portalDir where the portal was built
 */
export async function startStandalone(args: readonly string[], portalDir: string): Promise<Running> {
  const sources = [processEnvironment(), ...readArguments(args)];
  const { settings, report } = readSettings({ mode: 'standalone', sources });
  prepareDataDir(settings.dataDir);
  // Before there are data: a start that fails on its key must leave nothing that asks for that key later.
  requireStrongSecretKey(loadSecretKey(settings));
  const lock = keepsFiles(settings) ? lockDataDir(settings.dataDir) : null;
  const level = logLevelOf(settings);
  const logger = new PinoLogger({ service: 'standalone', level });
  endOnUncaughtFailure(logger);
  logSettingsReport(logger, report);
  const clock = new SystemClock();
  const broker = createBroker({ prefix: settings.busPrefix });
  const databases = [identityDatabase, keyManagementDatabase, credentialVaultDatabase, flowRunnerDatabase];
  for (const database of databases) await migrateServiceDatabase(database, { settings, clock, logger });
  const context = (service: ServiceName) => {
    const log = new PinoLogger({ service, level });
    return { settings, clock, logger: log, bus: connectInProcess(broker, { service, clock, logger: log }) };
  };
  const contexts = {
    vault: context('vault'),
    identity: context('identity'),
    keys: context('keys'),
    runner: context('runner'),
    gateway: context('gateway'),
  };
  const started: Running[] = [];
  const stop = async () => {
    for (const running of started.toReversed()) await running.stop();
    await Promise.all(Object.values(contexts).map(({ bus }) => bus.drain()));
    lock?.release();
    await logger.flush();
  };
  try {
    started.push(await startCredentialVault(contexts.vault));
    started.push(await startIdentity(contexts.identity));
    started.push(await startKeyManagement(contexts.keys));
    started.push(await startFlowRunner(contexts.runner));
    const gateway = await startGateway({ ...contexts.gateway, portalDir });
    started.push(gateway);
    process.stdout.write(welcome(gateway.url, settings, process.stdout.isTTY));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
