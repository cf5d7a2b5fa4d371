/**
 * Every failure a service may answer with. A code is stable; its sentence is public; the HTTP status is the one of the
 * native API, and a dialect that differs names its own in its folder of the gateway.
 *
 * `level` is the severity at which the edge logs the failure.
 */
export const errorRegistry = {
  invalid_request: { status: 422, message: 'The request is not valid.', level: 'debug' },
  argument_missing: { status: 422, message: 'Something the request needs is missing.', level: 'debug' },
  malformed_body: { status: 422, message: 'The body is not valid JSON.', level: 'debug' },
  unsupported_media_type: { status: 415, message: 'This content type is not supported.', level: 'debug' },
  payload_too_large: { status: 413, message: 'The request is too large.', level: 'debug' },
  route_not_found: { status: 404, message: 'Not Found', level: 'debug' },
  method_not_allowed: { status: 405, message: 'Method Not Allowed', level: 'debug' },

  credential_missing: { status: 403, message: 'An API key must be passed as query or header', level: 'debug' },
  credential_ambiguous: {
    status: 400,
    message: 'Two different API keys were sent: pass the key in the x-api-key header or the query, not both.',
    level: 'debug',
  },
  key_invalid: { status: 403, message: 'Invalid or missing API key', level: 'info' },
  key_disabled: { status: 403, message: 'Invalid or missing API key', level: 'info' },
  key_expired: { status: 403, message: 'Invalid or missing API key', level: 'info' },
  key_not_yet_valid: { status: 403, message: 'Invalid or missing API key', level: 'info' },
  key_forbidden_address: { status: 403, message: 'Invalid or missing API key', level: 'info' },
  key_quota_exceeded: { status: 429, message: 'The quota of this API key is used up.', level: 'info' },
  keys_from_environment: {
    status: 409,
    message: 'The API key of this server is set by its operator: no others can be made.',
    level: 'debug',
  },
  token_invalid: { status: 401, message: 'Could not validate credentials', level: 'info' },
  token_expired: { status: 401, message: 'Token has expired.', level: 'debug' },
  refresh_token_invalid: { status: 401, message: 'Invalid refresh token', level: 'info' },
  user_inactive: { status: 401, message: 'User not found or is inactive.', level: 'info' },
  sign_in_failed: { status: 401, message: 'Incorrect username or password', level: 'info' },
  approval_pending: { status: 400, message: 'Waiting for approval', level: 'info' },
  password_wrong: { status: 400, message: 'Current password is incorrect', level: 'info' },
  password_unchanged: { status: 400, message: "You can't use your current password", level: 'debug' },
  password_elsewhere: { status: 400, message: "You can't change your password here", level: 'debug' },
  session_required: { status: 403, message: 'Sign in with your password to do this.', level: 'debug' },
  registration_closed: {
    status: 400,
    message: 'Registration is closed: an administrator creates accounts.',
    level: 'debug',
  },
  cross_site_request: { status: 403, message: 'This request must come from the same origin.', level: 'info' },
  insufficient_permission: { status: 403, message: "The caller doesn't have enough privileges", level: 'info' },
  caller_forbidden: { status: 403, message: 'This service may not make this call.', level: 'error' },
  too_many_attempts: { status: 429, message: 'Too many failed attempts. Try again later.', level: 'info' },
  rate_limited: { status: 429, message: 'Too many requests. Try again later.', level: 'info' },

  user_not_found: { status: 404, message: 'User not found', level: 'debug' },
  session_not_found: { status: 404, message: 'Session not found', level: 'debug' },
  key_not_found: { status: 404, message: 'API Key not found', level: 'debug' },
  flow_not_found: { status: 404, message: 'Flow not found', level: 'debug' },
  project_not_found: { status: 404, message: 'Project not found', level: 'debug' },
  credential_not_found: { status: 404, message: 'Credential not found', level: 'debug' },
  credential_unreadable: { status: 500, message: 'This credential can not be opened.', level: 'error' },
  variable_not_found: { status: 404, message: 'Variable not found', level: 'debug' },
  variable_in_use: { status: 409, message: 'Flows take this variable by its name.', level: 'debug' },
  variable_empty: { status: 400, message: 'Variable name and value cannot be empty', level: 'debug' },
  secret_not_found: { status: 404, message: 'Secret not found', level: 'warn' },
  flow_secret_not_found: { status: 404, message: 'There is no hidden secret in this field.', level: 'debug' },
  workspace_not_found: { status: 404, message: 'Workspace not found', level: 'debug' },
  member_not_found: { status: 404, message: 'This person is not a member of the workspace.', level: 'debug' },
  invitation_not_found: { status: 404, message: 'This invitation is not valid any more.', level: 'info' },
  heir_not_found: { status: 404, message: 'There is no active user to take over what stays.', level: 'debug' },
  username_taken: { status: 409, message: 'This username is unavailable.', level: 'debug' },
  email_taken: { status: 409, message: 'This e-mail address belongs to another account.', level: 'debug' },
  own_account: { status: 409, message: "You can't do this to your own account.", level: 'debug' },
  last_superuser: { status: 409, message: 'The last active superuser has to stay one.', level: 'info' },
  last_owner: { status: 409, message: 'The last owner of a workspace has to stay one.', level: 'debug' },
  personal_workspace: { status: 409, message: 'A personal workspace stays as long as its person.', level: 'debug' },
  conflict: { status: 409, message: 'The resource was changed by somebody else.', level: 'debug' },
  reference_refused: {
    status: 403,
    message: 'This workspace may not refer to that. An operator grants it in FLOWKEEP_REFERENCES.',
    level: 'info',
  },
  rotation_running: { status: 409, message: 'The keys of the vault are being changed already.', level: 'debug' },
  rotation_unneeded: {
    status: 409,
    message:
      'Everything is under the present secret key. To change it, start the server with a new one and name the present one in FLOWKEEP_PREVIOUS_SECRET_KEYS.',
    level: 'debug',
  },
  name_taken: { status: 409, message: 'This name is already in use.', level: 'debug' },

  flow_invalid: { status: 422, message: 'This is not a flow Flowkeep can read.', level: 'debug' },
  flow_empty: { status: 400, message: 'The flow has no nodes.', level: 'debug' },
  component_unknown: { status: 400, message: 'The flow has a component Flowkeep does not know.', level: 'info' },
  input_conflict: {
    status: 400,
    message: 'If you pass an input_value to the chat input, you cannot pass a tweak with the same name.',
    level: 'debug',
  },
  override_refused: { status: 400, message: 'This field may not be overridden by the caller.', level: 'info' },
  flow_changed: { status: 412, message: 'The flow was saved by somebody else in the meantime.', level: 'debug' },
  variable_missing: { status: 400, message: 'The flow needs a variable that does not exist.', level: 'info' },
  variable_unreadable: { status: 500, message: 'A stored secret of the flow can not be opened.', level: 'error' },
  model_missing: { status: 400, message: 'The flow has a model without a name or a key.', level: 'info' },
  destination_refused: {
    status: 400,
    message: 'The flow asks an address that outbound requests may not reach.',
    level: 'warn',
  },
  provider_unreachable: { status: 502, message: 'The model provider can not be reached.', level: 'warn' },
  provider_timeout: { status: 504, message: 'The model provider took too long.', level: 'warn' },
  provider_rejected_key: { status: 502, message: 'The model provider refused the API key.', level: 'info' },
  provider_rate_limited: {
    status: 503,
    message: 'The model provider limits how often it may be asked.',
    level: 'info',
  },
  provider_failed: { status: 502, message: 'The model provider failed.', level: 'warn' },
  run_failed: { status: 500, message: 'The run failed.', level: 'info' },
  run_limit_exceeded: { status: 500, message: 'The run exceeded a limit.', level: 'info' },
  run_cancelled: { status: 499, message: 'The run was cancelled.', level: 'debug' },

  busy: { status: 503, message: 'The server is busy. Try again shortly.', level: 'warn' },
  unavailable: { status: 503, message: 'A part of the server is not available. Try again shortly.', level: 'warn' },
  internal: { status: 500, message: 'Something went wrong on our side.', level: 'error' },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

export type ErrorCode = keyof typeof errorRegistry;

/** Whether `value` is a code of the registry, for errors that arrive over the bus. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorRegistry, value);
}

/** One field that was refused: where it is and what is wrong with it. Never carries the value. */
export interface FieldIssue {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
}

export interface DomainErrorOptions {
  /** Public sentence; the registry's by default. */
  readonly message?: string;
  /** What happened, for the log only. Never leaves the server. */
  readonly detail?: string;
  /** The refused fields of `invalid_request` and `flow_invalid`. */
  readonly issues?: readonly FieldIssue[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A failure with a code of the registry: the only kind of error that crosses the bus with its meaning. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly issues: readonly FieldIssue[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: DomainErrorOptions = {}) {
    // An expected outcome, not a bug: where it was made says nothing, and recording that costs more than the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(options.message ?? errorRegistry[code].message, { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'DomainError';
    this.code = code;
    this.detail = options.detail;
    this.issues = options.issues;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (errorRegistry[code].status === 503 ? 1 : undefined);
  }
}
