import { DomainError, type ErrorCode } from '@flowkeep/contracts';

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

type Redact = (text: string) => string;

/** How much of a provider's own words is passed on. */
const shownLength = 300;

/** What each code of the way out means to somebody whose flow asked for it. */
const wayOut: Readonly<Record<string, (message: string) => Failure>> = {
  refused: (message) => ({ code: 'destination_refused', message }),
  bad_address: (message) => ({ code: 'destination_refused', message }),
  timeout: () => tookTooLong,
  unresolvable: () => unreachable,
  unreachable: () => unreachable,
  too_many_redirects: () => failed('It redirects without end.'),
  too_large: () => failed('Its answer is too large.'),
};

const unreachable: Failure = {
  code: 'provider_unreachable',
  message: 'The model provider can not be reached. Check its address and that it is up.',
};
const tookTooLong: Failure = {
  code: 'provider_timeout',
  message: 'The model provider took too long. Try again, or raise the timeout of the model.',
};

const notAnAnswer = failed('Its answer is not what a model answers.');

/**
 * Says in our words why a model gave no answer.
 *
 * @param redact blanks what must not come back in a provider's words
 */
export function modelFailure(error: unknown, redact: Redact): unknown {
  if (error instanceof DomainError) return error;
  const chain = causesOf(error);
  // A run that was stopped has said why already.
  if (chain.some((cause) => cause.name === 'AbortError' || kindOf(cause) === 'APIUserAbortError')) return error;
  const { code, message, retryAfterSeconds } = describe(chain, redact);
  return new DomainError(code, {
    message,
    detail: redact(chain.map(({ name, message: said }) => `${name}: ${said}`).join(' < ')).slice(0, 1000),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** A provider that answered, but not as a model does. */
export function noAnswer(): DomainError {
  return new DomainError('provider_failed', { message: notAnAnswer.message });
}

function describe(chain: readonly Error[], redact: Redact): Failure {
  for (const error of chain) {
    const { name, message } = error;
    if (name === 'EgressError') {
      const known = wayOut[String((error as { code?: unknown }).code)];
      if (known !== undefined) return known(message);
    }
    if (name === 'TimeoutError' || kindOf(error) === 'APIConnectionTimeoutError') return tookTooLong;
  }
  const status = chain
    .map((error) => (error as { status?: unknown }).status)
    .find((value) => typeof value === 'number');
  if (status !== undefined) return byStatus(status, chain[0] as Error, redact);
  if (chain.some((error) => kindOf(error) === 'APIConnectionError')) return unreachable;
  if (chain.some(({ name }) => name === 'SyntaxError')) return notAnAnswer;
  return failed('Its answer ended in the middle. Try again.');
}

function byStatus(status: number, error: Error, redact: Redact): Failure {
  if (status === 401 || status === 403) {
    return {
      code: 'provider_rejected_key',
      message: `The model provider refused the API key (${status}). Store a valid one.`,
    };
  }
  if (status === 408 || status === 504) return tookTooLong;
  if (status === 429) {
    const seconds = Number(headerOf(error, 'retry-after'));
    return {
      code: 'provider_rate_limited',
      message: 'The model provider limits how often it may be asked. Try again later, or raise the limit there.',
      retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), 86_400) : 10,
    };
  }
  if (status >= 500) return failed(`It answered ${status}. Try again.`);
  return failed(`It answered ${status}: ${redact(error.message).slice(0, shownLength)}`);
}

function failed(reason: string): Failure {
  return { code: 'provider_failed', message: `The model provider failed. ${reason}` };
}

function headerOf(error: Error, name: string): string | null {
  const { headers } = error as { headers?: { get?: (name: string) => string | null } };
  return headers?.get?.(name) ?? null;
}

/** The OpenAI client's errors have no name of their own. */
function kindOf(error: Error): string {
  return error.constructor.name;
}

/** An error and what led to it, outermost first. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 10; cause = cause.cause) chain.push(cause);
  return chain;
}
