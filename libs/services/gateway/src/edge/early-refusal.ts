import { DomainError, type ErrorCode, errorRegistry } from '@flowkeep/contracts';
import { apiSecurityHeaders } from '@flowkeep/http';
import type { Logger } from '@flowkeep/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DialectName } from '../routing/route.ts';
import { errorAnswer } from './error-body.ts';

interface Prepared {
  readonly status: number;
  /** Names and values in turn, as Node takes them, up to the value of the request's id. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** By dialect and code, with seconds to wait and without. */
type PreparedAnswers = Map<DialectName, Map<ErrorCode, Prepared>>;

const final: PreparedAnswers = new Map();
const retried: PreparedAnswers = new Map();

/**
 * Answers a refusal that is the same for everybody: whoever tries keys at full speed must cost as little as possible. Says
 * exactly what the error filter would; what needs more than that is left to it.
 *
 * @returns whether the request is answered
 */
export function refuseEarly(thrown: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): boolean {
  // Which origins may read an answer is decided per request.
  if (!(thrown instanceof DomainError) || !isPlain(thrown) || request.headers.origin !== undefined) return false;
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
  return true;
}

/** Whether it says no more than its code, and perhaps to come back in a second. */
function isPlain({ code, message, issues, retryAfterSeconds = 1 }: DomainError): boolean {
  return message === errorRegistry[code].message && issues === undefined && retryAfterSeconds === 1;
}

function answerTo(dialect: DialectName, code: ErrorCode, retryAfterSeconds: number | undefined): Prepared {
  const answers = retryAfterSeconds === undefined ? final : retried;
  let ofDialect = answers.get(dialect);
  if (ofDialect === undefined) answers.set(dialect, (ofDialect = new Map<ErrorCode, Prepared>()));
  let answer = ofDialect.get(code);
  if (answer === undefined) {
    const error = new DomainError(code, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    ofDialect.set(code, (answer = prepare(error, dialect)));
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
