import { type DomainError, type ErrorCode, errorRegistry } from '@flowkeep/contracts';

/** Where Flowise's status differs from ours (contract: Flowise 1.2, 1.3, 3.9). */
const statuses: Partial<Record<ErrorCode, number>> = {
  invalid_request: 400,
  malformed_body: 400,
  argument_missing: 412,
  credential_missing: 401,
  key_invalid: 401,
  key_disabled: 401,
  key_expired: 401,
  key_not_yet_valid: 401,
  key_forbidden_address: 401,
};

/** What Flowise says of credentials, whatever is wrong with them. */
const refusals: Partial<Record<number, string>> = { 401: 'Unauthorized Access', 403: 'Forbidden' };

/** Verdicts about keys and rights; of a sign-in it says what is wrong. */
const gateCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'credential_missing',
  'key_invalid',
  'key_disabled',
  'key_expired',
  'key_not_yet_valid',
  'key_forbidden_address',
  'insufficient_permission',
]);

export function flowiseStatus(code: ErrorCode): number {
  return statuses[code] ?? errorRegistry[code].status;
}

/** `{statusCode, success, message}`; refused fields are named in the sentence. Theirs has a stack, ours never does. */
export function flowiseErrorBody(error: DomainError, statusCode: number) {
  if (gateCodes.has(error.code)) {
    // What a handler says of a key in its own words is not the gate's answer.
    const own = error.message === errorRegistry[error.code].message ? undefined : error.message;
    const message = own ?? refusals[statusCode] ?? error.message;
    return { statusCode, success: false, message, error: message };
  }
  const fields = error.issues?.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return { statusCode, success: false, message: fields ?? error.message };
}
