import { type DomainError, errorRegistry } from '@flowkeep/contracts';
import type { DialectName } from '../routing/route.ts';
import { langflowErrorBody, langflowStatus } from '../dialects/langflow/errors.ts';

/** An error as a client gets it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Says a failure in the words of a dialect. Never carries `detail`, a stack or a value that was sent. */
export function errorAnswer(error: DomainError, dialect: DialectName): ErrorAnswer {
  const retry = error.retryAfterSeconds;
  const status = dialect === 'langflow' ? langflowStatus(error.code) : errorRegistry[error.code].status;
  return {
    status,
    body: dialect === 'langflow' ? langflowErrorBody(error) : { status, code: error.code, message: error.message },
    headers: {
      ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
  };
}
