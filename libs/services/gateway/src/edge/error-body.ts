import { type DomainError, type ErrorCode, errorRegistry } from '@flowkeep/contracts';
import { problem } from '../dialects/native/errors.ts';
import type { DialectName } from '../routing/route.ts';
import { flowiseErrorBody, flowiseStatus } from '../dialects/flowise/errors.ts';
import { langflowErrorBody, langflowStatus } from '../dialects/langflow/errors.ts';

/** An error as a client gets it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Each dialect's own words. */
const dialects: Record<
  DialectName,
  { status(code: ErrorCode): number; body(error: DomainError, status: number): unknown }
> = {
  langflow: { status: langflowStatus, body: langflowErrorBody },
  flowise: { status: flowiseStatus, body: flowiseErrorBody },
  native: { status: (code) => errorRegistry[code].status, body: problem },
  plain: {
    status: (code) => errorRegistry[code].status,
    body: ({ code, message }, status) => ({ status, code, message }),
  },
};

/** Says a failure in the words of a dialect. Never carries `detail`, a stack or a value that was sent. */
export function errorAnswer(error: DomainError, dialect: DialectName): ErrorAnswer {
  const retry = error.retryAfterSeconds;
  const words = dialects[dialect];
  const status = words.status(error.code);
  return {
    status,
    body: words.body(error, status),
    headers: {
      ...(dialect === 'native' ? { 'content-type': 'application/problem+json' } : {}),
      ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
  };
}
