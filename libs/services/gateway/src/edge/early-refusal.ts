import { DomainError, type ErrorCode, errorRegistry } from '@flowkeep/contracts';
import { apiSecurityHeaders } from '@flowkeep/http';
import type { Logger } from '@flowkeep/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DialectName } from '../routing/route.ts';
import type { ErrorFilter } from './error.filter.ts';
import { errorAnswer } from './error-body.ts';

interface Prepared {
  readonly status: number;
  /** Names and values in turn, as Node takes them, up to the value of the request's id. */
  readonly headers: readonly string[];
  readonly body: string;
}

const prepared = new Map<string, Prepared>();

/**
 * Answers a refusal that is the same for everybody: whoever tries keys at full speed must cost as little as possible. Says
 * exactly what {@link ErrorFilter} would; what needs more than that is left to it.
 */
export function refuseEarly(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, logger }: { readonly errors: ErrorFilter; readonly logger: Logger },
): void {
  // Which origins may read an answer is decided per request.
  if (!(thrown instanceof DomainError) || !isPlain(thrown) || request.headers.origin !== undefined) {
    errors.answer(thrown, request, reply);
    return;
  }
  const { code, detail, retryAfterSeconds } = thrown;
  logger[errorRegistry[code].level]('request failed', { requestId: request.id, code, detail });
  const { status, headers, body } = answerTo(
    request.routeOptions.config.route?.dialect ?? 'langflow',
    code,
    retryAfterSeconds,
  );
  reply.hijack();
  reply.raw.writeHead(status, [...headers, request.id]);
  reply.raw.end(body);
}

/** Whether it says no more than its code, and perhaps to come back in a second. */
function isPlain({ code, message, issues, retryAfterSeconds = 1 }: DomainError): boolean {
  return message === errorRegistry[code].message && issues === undefined && retryAfterSeconds === 1;
}

function answerTo(dialect: DialectName, code: ErrorCode, retryAfterSeconds: number | undefined): Prepared {
  const name = `${dialect} ${code} ${retryAfterSeconds}`;
  let answer = prepared.get(name);
  if (answer === undefined) {
    const error = new DomainError(code, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    answer = prepare(error, dialect);
    prepared.set(name, answer);
  }
  return answer;
}

function prepare(error: DomainError, dialect: DialectName): Prepared {
  const { status, body, headers } = errorAnswer(error, dialect);
  const text = JSON.stringify(body);
  const all = {
    ...apiSecurityHeaders,
    'content-type': 'application/json; charset=utf-8',
    ...headers,
    'content-length': String(Buffer.byteLength(text)),
  };
  return { status, headers: [...Object.entries(all).flat(), 'x-request-id'], body: text };
}
