import { type DomainError, type ErrorCode, errorRegistry } from '@flowkeep/contracts';

/** Where Langflow's status differs from ours (contract: Langflow 1.3, 2.3). */
const statuses: Partial<Record<ErrorCode, number>> = {
  key_not_found: 400,
  flow_invalid: 422,
  component_unknown: 400,
  name_taken: 400,
  username_taken: 400,
  own_account: 400,
};

/** Langflow's own words for what we say otherwise (contract: Langflow 1.3). */
const sentences: Partial<Record<ErrorCode, string>> = {
  insufficient_permission: "The user doesn't have enough privileges",
};

/** Failures of a run, whose detail Langflow sends as JSON inside a string (contract: Langflow 2.7). */
const runFailures: ReadonlySet<ErrorCode> = new Set([
  'run_failed',
  'run_limit_exceeded',
  'variable_unreadable',
  'provider_unreachable',
  'provider_timeout',
  'provider_rejected_key',
  'provider_rate_limited',
  'provider_failed',
]);

export function langflowStatus(code: ErrorCode): number {
  return statuses[code] ?? errorRegistry[code].status;
}

/** `{"detail": …}`: a sentence, or for refused fields a list that says where and what. */
export function langflowErrorBody(error: DomainError): unknown {
  if (error.issues !== undefined) {
    return { detail: error.issues.map(({ path, code, message }) => ({ type: code, loc: path, msg: message })) };
  }
  if (runFailures.has(error.code)) {
    const detail = { message: `Error running graph: ${error.message}`, traceback: null, description: null };
    return { detail: JSON.stringify({ ...detail, code: null, suggestion: null }) };
  }
  if (error.code === 'internal') return { message: error.message };
  if (error.code === 'too_many_attempts') return { detail: error.message, retry_after: error.retryAfterSeconds };
  const ours = error.message === errorRegistry[error.code].message;
  return { detail: (ours ? sentences[error.code] : undefined) ?? error.message };
}
