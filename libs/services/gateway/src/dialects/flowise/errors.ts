import { type DomainError, type ErrorCode, errorRegistry } from '@flowkeep/contracts';

/** Where Flowise's status differs from ours (contract: Flowise 3.9). */
const statuses: Partial<Record<ErrorCode, number>> = { invalid_request: 400, malformed_body: 400 };

export function flowiseStatus(code: ErrorCode): number {
  return statuses[code] ?? errorRegistry[code].status;
}

/** `{statusCode, success, message}`; refused fields are named in the sentence. Theirs has a stack, ours never does. */
export function flowiseErrorBody(error: DomainError, statusCode: number) {
  const fields = error.issues?.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return { statusCode, success: false, message: fields ?? error.message };
}
