export type EgressErrorCode =
  | 'refused'
  | 'bad_address'
  | 'unresolvable'
  | 'unreachable'
  | 'timeout'
  | 'too_large'
  | 'too_many_redirects'
  | 'interrupted';

/** Why a request outside came to nothing. */
export class EgressError extends Error {
  readonly code: EgressErrorCode;
  /** Whom it was for. */
  readonly host: string;

  constructor(code: EgressErrorCode, host: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EgressError';
    this.code = code;
    this.host = host;
  }
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** Says in our words how a request failed; what ended it on purpose stays as it is, with the caller's reason. */
export function egressFailure(
  error: unknown,
  host: string,
  stage: 'request' | 'body',
  signal: AbortSignal | null,
): unknown {
  const codes = causesOf(error);
  if (error instanceof EgressError) return error;
  if (signal?.aborted === true) return signal.reason;
  if (isAbort(error)) return error;
  const inner = codes.find(({ cause }) => cause instanceof EgressError);
  if (inner !== undefined) return inner.cause;
  if (codes.some(({ code }) => timeouts.has(code))) {
    return new EgressError('timeout', host, `${host} took too long to answer.`, error);
  }
  if (codes.some(({ code }) => code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')) {
    return new EgressError('too_large', host, `The answer of ${host} is too large.`, error);
  }
  return stage === 'body'
    ? new EgressError('interrupted', host, `The answer of ${host} ended in the middle.`, error)
    : new EgressError('unreachable', host, `${host} can not be reached.`, error);
}

export function isAbort(error: unknown): boolean {
  return isError(error) && error.name === 'AbortError';
}

function causesOf(error: unknown): { code: string; cause: unknown }[] {
  const chain: { code: string; cause: unknown }[] = [];
  for (let cause = error; isError(cause) && chain.length < 10; cause = cause.cause) {
    chain.push({ code: String((cause as NodeJS.ErrnoException).code), cause });
  }
  return chain;
}

/** What is thrown here may come from another realm, or be a DOMException. */
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
