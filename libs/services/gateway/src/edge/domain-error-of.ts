import { HttpException } from '@nestjs/common';
import { DomainError, type ErrorCode } from '@flowkeep/contracts';

/** What Fastify's and Nest's own failures mean here. */
const codes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'route_not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_body',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_REQ_FILE_TOO_LARGE: 'payload_too_large',
  FST_FILES_LIMIT: 'payload_too_large',
  FST_PARTS_LIMIT: 'payload_too_large',
  FST_FIELDS_LIMIT: 'payload_too_large',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupported_media_type',
};

const codesByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'malformed_body',
  404: 'route_not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  414: 'route_not_found',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

/** Messages of refusals quote addresses and bodies, where secrets may be. */
function describe(error: unknown, refusal: boolean): string {
  if (!(error instanceof Error)) return 'something that is not an error was thrown';
  const { code } = error as { code?: unknown };
  if (!refusal) return `${error.name}: ${error.message}`;
  return typeof code === 'string' ? `${error.name} ${code}` : error.name;
}

/** Any failure that reached the edge, as one of ours. What is not known becomes `internal`, with the cause for the log. */
export function domainErrorOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  const byCode = typeof code === 'string' ? codes[code] : undefined;
  const byStatus = typeof status === 'number' ? codesByStatus[status] : undefined;
  const known = byCode ?? byStatus;
  return new DomainError(known ?? 'internal', { detail: describe(error, known !== undefined), cause: error });
}
