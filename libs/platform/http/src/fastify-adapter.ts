import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiSecurityHeaders } from './security-headers.ts';
import type { TrustProxy } from './trust-proxy.ts';

export interface HttpOptions {
  readonly trustProxy: TrustProxy;
  /** Largest body that is not an upload, in bytes. */
  readonly bodyLimitBytes: number;
  /** Answers what fails before any hook or route: an address that can't be decoded, or whose segment is too long. */
  readonly onAddressError: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/** 32 hex digits, as a W3C trace id. */
export function newTraceId(): string {
  return randomUUID().replaceAll('-', '');
}

/**
 * A Fastify server with the edge's rules: case-sensitive routes that answer with and without a trailing slash, bounded
 * headers, bodies and times, a trace id per request, security headers on every answer, JSON read strictly.
 */
export function createFastifyAdapter(options: HttpOptions): { adapter: FastifyAdapter; fastify: FastifyInstance } {
  const adapter = new FastifyAdapter({
    logger: false,
    multipart: false,
    trustProxy: options.trustProxy,
    bodyLimit: options.bodyLimitBytes,
    genReqId: newTraceId,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      reply.headers(apiSecurityHeaders).header('x-request-id', request.id);
      options.onAddressError(error, request, reply);
    },
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: true, maxParamLength: 512 },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(apiSecurityHeaders).header('x-request-id', request.id);
    done();
  });
  readJson(fastify);
  readForms(fastify);
  return { adapter, fastify };
}

/** JSON bodies; none at all is no error, and keys that would reach an object's prototype are refused. */
function readJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  for (const type of ['application/json', /^application\/[\w.+-]+\+json$/]) {
    fastify.addContentTypeParser<string>(type, { parseAs: 'string' }, (request, body, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, done);
    });
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
