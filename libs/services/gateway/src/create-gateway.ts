import multipart from '@fastify/multipart';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Bus } from '@flowkeep/bus';
import type { Clock, Settings } from '@flowkeep/config';
import { corsOptions, createFastifyAdapter, trustProxyOption } from '@flowkeep/http';
import type { Logger } from '@flowkeep/telemetry';
import type { AddressInfo } from 'node:net';
import { PresentedKeys } from './auth/presented-keys.ts';
import { addAccessLog } from './edge/access-log.ts';
import { addRefusals, decorateRequests, refusesArrival } from './edge/arrival.ts';
import { Draining } from './edge/draining.ts';
import { ErrorFilter } from './edge/error.filter.ts';
import './edge/request.ts';
import { GatewayModule } from './gateway.module.ts';
import { GatewayOptions } from './gateway-options.ts';
import { Readiness } from './health/readiness.ts';
import { KeyLimits } from './limits/key-limits.ts';
import { addPortal } from './portal/portal.ts';
import { readPortal } from './portal/portal-files.ts';
import { requireRoutes, type ServedRoute } from './routing/route-table.ts';
import { UsageCounter } from './usage/usage-counter.ts';

/** Largest JSON body, in bytes; uploads have a limit of their own. */
const bodyLimitBytes = 8 * 1024 * 1024;

export interface GatewayDependencies {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the portal was built; without it there is none. */
  readonly portalDir?: string;
}

/** A running gateway. */
export interface Gateway {
  /** Where it listens, for example `http://127.0.0.1:7860`. */
  readonly url: string;
  /** Not ready, stop accepting, let answers end, report the last uses. The bus is left to whoever opened it. */
  stop(): Promise<void>;
}

/**
 * Starts the HTTP edge. It listens even while the bus or a service is away, and says so at `/readyz`.
 *
 * @throws Error with one clear line when the address can't be had
 */
export async function startGateway(dependencies: GatewayDependencies): Promise<Gateway> {
  const { settings, clock, logger } = dependencies;
  const { app, draining } = await createGateway(dependencies);
  await listen(app, settings);
  const { address, port, family } = app.getHttpServer().address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    stop: async () => {
      app.get(Readiness).stop();
      const server = app.getHttpServer();
      server.close();
      const closed = app.close();
      await draining.wait(clock);
      // What is left has no answer to wait for: connections that were kept alive, and requests that never came whole.
      server.closeAllConnections();
      await closed;
      await app.get(KeyLimits).stop();
      await app.get(UsageCounter).stop();
      logger.info('gateway stopped');
    },
  };
}

async function createGateway({ settings, bus, clock, logger, portalDir }: GatewayDependencies) {
  const errors = new ErrorFilter(logger);
  const { adapter, fastify, onArrival } = createFastifyAdapter({
    trustProxy: trustProxyOption(settings.trustProxy),
    bodyLimitBytes,
    answerEarlyError: (error, request, reply) => errors.answer(error, request, reply),
  });
  const served: ServedRoute[] = [];
  fastify.addHook('onRoute', ({ method, url, config }) => {
    for (const name of [method].flat()) {
      // Fastify adds HEAD to every GET by itself, and CORS its own preflight route.
      if (name !== 'HEAD' && name !== 'OPTIONS') served.push({ method: name, path: url, route: config?.route });
    }
  });
  await fastify.register(multipart);
  const options = new GatewayOptions({
    trackUsage: !settings.disableTrackApikeyUsage,
    maxUploadBytes: settings.maxFileSizeUploadMb * 1024 * 1024,
    environmentKey: settings.apiKeySource === 'env' ? settings.apiKey : null,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.forRoot({ bus, clock, logger, errors, options }),
    adapter,
    { logger: false, abortOnError: false, bodyParser: false },
  );
  const cors = corsOptions(settings);
  if (cors !== null) app.enableCors(cors);
  const keys = app.get(PresentedKeys);
  decorateRequests(fastify);
  onArrival((request, reply) => refusesArrival(request, reply, keys, errors));
  // At other levels its lines would be made for nobody.
  if (settings.logLevel === 'info' || settings.logLevel === 'debug') addAccessLog(fastify, logger);
  addRefusals(fastify, errors);
  // After it: what is refused there is answered already.
  const draining = new Draining(fastify);
  if (portalDir !== undefined && !settings.backendOnly) {
    const files = await readPortal(portalDir);
    if (files === null) logger.warn('the portal was not built: only the API is served');
    else addPortal(fastify, files);
  }
  await app.init();
  requireRoutes(served);
  return { app, draining };
}

async function listen(app: NestFastifyApplication, { host, port }: Settings): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const problem = listenProblem(error, host, port);
    throw problem === null ? error : new Error(problem, { cause: error });
  }
}

function listenProblem(error: unknown, host: string, port: number): string | null {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken: set FLOWKEEP_PORT to another.`;
    case 'EACCES':
      return `Port ${port} may not be used by this user: set FLOWKEEP_PORT to another.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'FLOWKEEP_HOST is not an address of this machine.';
    default:
      return null;
  }
}
