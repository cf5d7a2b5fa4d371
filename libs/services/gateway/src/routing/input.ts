import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type CallContext } from '@flowkeep/bus';
import { DomainError, type FieldIssue } from '@flowkeep/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { BodyKind, Route } from './route.ts';

const contentTypes: Record<BodyKind, string> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
};

/** Hands the handler its `InputOf<route>`, validated; what does not fit is refused naming the field, never its value. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return parseInput(request.routeOptions.config.route as Route, request);
});

/** Hands the handler what its bus calls need: caller, trace, and a signal that aborts when the client goes away. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext): CallContext => {
  const http = context.switchToHttp();
  return requestContext(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
});

/** Reads and checks the parts of a request that its route declares. */
export function parseInput(route: Route, request: FastifyRequest) {
  if (route.consumes !== undefined) requireContentType(route.consumes, request);
  return {
    params: parsePart('path', route.params, request.params),
    query: parsePart('query', route.query, request.query),
    body: parsePart('body', route.body, request.body ?? {}),
  };
}

export function requestContext(request: FastifyRequest, reply: FastifyReply): CallContext {
  const controller = new AbortController();
  const clientLeft = () => {
    if (!reply.raw.writableFinished) controller.abort(new DomainError('run_cancelled', { detail: 'client left' }));
  };
  // It may have left while its credential was looked up.
  if (reply.raw.closed) clientLeft();
  else reply.raw.once('close', clientLeft);
  return { caller: request.caller ?? null, trace: request.id, hop: 0, signal: controller.signal };
}

function requireContentType(kind: BodyKind, request: FastifyRequest): void {
  const sent = request.headers['content-type'];
  const hasBody = request.body !== undefined && request.body !== null;
  if (sent === undefined && !hasBody) return;
  const type = sent?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const json = kind === 'json' && type.startsWith('application/') && type.endsWith('+json');
  if (type !== contentTypes[kind] && !json) {
    throw new DomainError('unsupported_media_type', { message: `This route takes ${contentTypes[kind]}.` });
  }
}

function parsePart(where: 'path' | 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DomainError('invalid_request', { issues: result.error.issues.map((issue) => fieldIssue(where, issue)) });
}

function fieldIssue(where: string, issue: z.core.$ZodIssue): FieldIssue {
  return {
    path: [where, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))],
    code: issue.code,
    message: issue.message,
  };
}
