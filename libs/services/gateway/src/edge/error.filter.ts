import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { DomainError, errorRegistry } from '@flowkeep/contracts';
import { Logger } from '@flowkeep/telemetry';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { domainErrorOf } from './domain-error-of.ts';
import { errorAnswer } from './error-body.ts';

/** Answers every failure, in the dialect of the route, and logs what the client is not told. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    this.answer(thrown, http.getRequest<FastifyRequest>(), reply);
  }

  /** The same for what is refused before Nest is reached. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const failure = domainErrorOf(thrown);
    // What no route serves is not found, whatever else is wrong with it.
    const error = request.is404 && failure.code !== 'internal' ? new DomainError('route_not_found') : failure;
    const { level } = errorRegistry[error.code];
    const stack = error.code === 'internal' && thrown instanceof Error ? { stack: thrown.stack } : {};
    this.logger[level]('request failed', { requestId: request.id, code: error.code, detail: error.detail, ...stack });
    if (reply.sent) return;
    // Absent, whatever the types say, when the address could not even be decoded.
    const config = request.routeOptions.config as FastifyContextConfig | undefined;
    const { status, body, headers } = errorAnswer(error, config?.route?.dialect ?? 'langflow');
    void reply.status(status).headers(headers).send(body);
  }
}
