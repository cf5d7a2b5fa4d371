import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerBrokenRequest, refuseExpectations } from './broken-requests.ts';
import { requireShallow } from './json-depth.ts';
import { apiSecurityHeaders } from './security-headers.ts';
import { newTraceId } from './trace-id.ts';
import type { TrustProxy } from './trust-proxy.ts';

export interface HttpOptions {
  readonly trustProxy: TrustProxy;
  /** Largest body that is not an upload, in bytes. */
  readonly bodyLimitBytes: number;
  /** Answers what fails before any route or hook is reached, for example an address that can't be decoded. */
  readonly answerEarlyError: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/** Looks at a request before anything else does, and says whether it answered it. */
export type ArrivalHook = (request: FastifyRequest, reply: FastifyReply) => boolean;

export interface HttpServer {
  readonly adapter: FastifyAdapter;
  readonly fastify: FastifyInstance;
  /** Sets the hook for requests that arrive; one that answers adds the security headers itself. */
  readonly onArrival: (hook: ArrivalHook) => void;
}

/**
 * A Fastify server with the edge's rules: case-sensitive routes that answer with and without a trailing slash, bounded
 * headers, bodies and times, a trace id per request, security headers on every answer, JSON read strictly.
 */
export function createFastifyAdapter(options: HttpOptions): HttpServer {
  let answersArrival: ArrivalHook = () => false;
  const adapter = new FastifyAdapter({
    logger: false,
    multipart: false,
    trustProxy: options.trustProxy,
    bodyLimit: options.bodyLimitBytes,
    genReqId: newTraceId,
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      identify(request, reply);
      options.answerEarlyError(error, request, reply);
    },
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: true, maxParamLength: 512 },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  // Not `addHook`: this one runs before the adapter's own, which answer preflights and end the request there.
  adapter.setOnRequestHook((request, reply, done) => {
    if (answersArrival(request, reply)) return;
    identify(request, reply);
    done();
  });
  refuseExpectations(fastify.server);
  readJson(fastify);
  readForms(fastify);
  return { adapter, fastify, onArrival: (hook) => (answersArrival = hook) };
}

function identify(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(apiSecurityHeaders).header('x-request-id', request.id);
}

/**
 * JSON bodies; none at all is no error, and what would reach an object's prototype or nests too deeply is refused.
 */
function readJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  for (const type of ['application/json', /^application\/[\w.+-]+\+json$/]) {
    fastify.addContentTypeParser<string>(type, { parseAs: 'string' }, (request, body, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, (error, value: unknown) => done(error ?? tooDeep(value), value));
    });
  }
}

function tooDeep(value: unknown): Error | null {
  try {
    requireShallow(value);
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** Simple forms; a field given twice counts once, the last time. */
function readForms(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 64 * 1024 },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body))),
  );
}
