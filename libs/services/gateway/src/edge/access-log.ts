import type { FastifyInstance } from 'fastify';
import type { Logger } from '@flowkeep/telemetry';

/**
 * One line per request: the route's pattern instead of the address, so that no key in a path or query is ever written.
 */
export function addAccessLog(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    logger.info('request', {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '(no route)',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      address: request.clientAddress,
      keyId: request.caller?.keyId,
      userId: request.caller?.userId,
    });
    done();
  });
}
