import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError, type ErrorCode, errorRegistry, whoami } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

/** What Langflow's clients get for each code. */
const statuses: Record<ErrorCode, number> = {
  invalid_request: 422,
  argument_missing: 422,
  malformed_body: 422,
  unsupported_media_type: 415,
  payload_too_large: 413,
  route_not_found: 404,
  method_not_allowed: 405,
  credential_missing: 403,
  credential_ambiguous: 400,
  key_invalid: 403,
  key_disabled: 403,
  key_expired: 403,
  key_not_yet_valid: 403,
  key_forbidden_address: 403,
  key_quota_exceeded: 429,
  keys_from_environment: 409,
  token_invalid: 401,
  token_expired: 401,
  refresh_token_invalid: 401,
  user_inactive: 401,
  sign_in_failed: 401,
  approval_pending: 400,
  password_wrong: 400,
  password_unchanged: 400,
  password_elsewhere: 400,
  session_required: 403,
  registration_closed: 400,
  cross_site_request: 403,
  insufficient_permission: 403,
  caller_forbidden: 403,
  too_many_attempts: 429,
  rate_limited: 429,
  user_not_found: 404,
  session_not_found: 404,
  key_not_found: 400,
  flow_not_found: 404,
  project_not_found: 404,
  credential_not_found: 404,
  credential_unreadable: 500,
  variable_not_found: 404,
  variable_in_use: 409,
  variable_empty: 400,
  secret_not_found: 404,
  flow_secret_not_found: 404,
  workspace_not_found: 404,
  member_not_found: 404,
  invitation_not_found: 404,
  heir_not_found: 404,
  username_taken: 400,
  email_taken: 409,
  own_account: 400,
  last_superuser: 409,
  last_owner: 409,
  personal_workspace: 409,
  conflict: 409,
  reference_refused: 403,
  rotation_running: 409,
  rotation_unneeded: 409,
  name_taken: 400,
  flow_invalid: 422,
  flow_empty: 400,
  component_unknown: 400,
  input_conflict: 400,
  override_refused: 400,
  flow_changed: 412,
  variable_missing: 400,
  variable_unreadable: 500,
  model_missing: 400,
  destination_refused: 400,
  provider_unreachable: 502,
  provider_timeout: 504,
  provider_rejected_key: 502,
  provider_rate_limited: 503,
  provider_failed: 502,
  run_failed: 500,
  run_limit_exceeded: 500,
  run_cancelled: 499,
  busy: 503,
  unavailable: 503,
  internal: 500,
};

const codes = Object.keys(errorRegistry) as ErrorCode[];
const canary = 'canary-5f1c0b';

describe('an error in the words of Langflow', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeAll(async () => {
    stand = await gatewayStand();
  });

  afterAll(() => stand.stop());

  beforeEach(() => {
    stand.log.lines.length = 0;
  });

  /** The answer of a route whose handler fails like this. */
  async function answerTo(failure: Error) {
    stand.bus.answer(whoami, () => {
      throw failure;
    });
    const response = await stand.get('/api/v1/users/whoami', { 'x-api-key': stand.key });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as unknown };
  }

  const logged = () => stand.log.lines.filter(({ message }) => message === 'request failed');

  function expectedBody(code: ErrorCode): unknown {
    const { message } = errorRegistry[code];
    if (code === 'internal') return { message };
    if (code === 'insufficient_permission') return { detail: "The user doesn't have enough privileges" };
    const ofRun = /^(provider_|run_failed|run_limit_exceeded|variable_unreadable)/.test(code);
    if (!ofRun) return { detail: message };
    const inner = { message: `Error running graph: ${message}`, traceback: null, description: null };
    return { detail: JSON.stringify({ ...inner, code: null, suggestion: null }) };
  }

  it.each(codes)('%s', async (code) => {
    const { status, headers, body, text } = await answerTo(
      new DomainError(code, { detail: canary, cause: new Error(canary) }),
    );
    expect(status).toBe(statuses[code]);
    expect(body).toEqual(expectedBody(code));
    expect(text).not.toContain(canary);
    expect(JSON.stringify([...headers])).not.toContain(canary);
    expect(headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { level } = errorRegistry[code];
    expect(logged()).toMatchObject([{ level, fields: { code, requestId: headers.get('x-request-id') } }]);
  });

  it('says its own sentence and when to come back', async () => {
    const failure = new DomainError('rate_limited', { message: 'Ten a minute.', retryAfterSeconds: 7 });
    const { headers, body } = await answerTo(failure);
    expect([headers.get('retry-after'), body]).toEqual(['7', { detail: 'Ten a minute.' }]);
  });

  it('lists refused fields by place and reason', async () => {
    const issues = [{ path: ['body', 'tweaks', 0, 'a'], code: 'invalid_type', message: 'Expected a string.' }];
    const { status, body } = await answerTo(new DomainError('invalid_request', { issues, detail: canary }));
    expect(status).toBe(422);
    const loc = ['body', 'tweaks', 0, 'a'];
    expect(body).toEqual({ detail: [{ type: 'invalid_type', loc, msg: 'Expected a string.' }] });
  });

  describe('about a field never repeats what was sent', () => {
    const post = async (path: string, body: unknown) => {
      const headers = { 'x-api-key': stand.key, 'content-type': 'application/json' };
      const response = await stand.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, text: await response.text() };
    };

    it.each<[string, string, unknown]>([
      ['a wrong type', '/api/v1/api_key', { name: { [canary]: canary } }],
      ['a wrong word', '/api/v1/run/x', { input_type: canary }],
      ['a wrong time', '/api/v1/api_key', { expires_at: canary }],
      ['too long a text', '/api/v1/api_key', { name: canary.repeat(50) }],
      ['a wrong tweak', '/api/v1/run/x', { tweaks: canary }],
    ])('%s in the body', async (_name, path, body) => {
      const answer = await post(path, body);
      expect(answer.status).toBe(422);
      expect(answer.text).toMatch(/"loc":\["body"/);
      expect(answer.text + stand.log.text()).not.toContain(canary);
    });

    it.each([
      ['the query', `/api/v1/flows?page=${canary}`],
      ['the path', `/api/v1/flows/${canary}`],
    ])('in %s', async (_name, path) => {
      const response = await stand.get(path, { 'x-api-key': stand.key });
      expect(response.status).toBe(422);
      expect((await response.text()) + stand.log.text()).not.toContain(canary);
    });

    it('a body that is no JSON', async () => {
      const headers = { 'x-api-key': stand.key, 'content-type': 'application/json' };
      const response = await stand.fetch('/api/v1/api_key', { method: 'POST', headers, body: `{"${canary}` });
      expect(response.status).toBe(422);
      expect((await response.text()) + stand.log.text()).not.toContain(canary);
    });
  });

  it.each([
    ['an error nobody foresaw', new TypeError(canary)],
    ['an error that claims a status of its own', Object.assign(new Error(canary), { statusCode: 200, code: 'X' })],
    ['something that is no error', { message: canary, code: 'flow_not_found' } as unknown as Error],
  ])('tells nothing of %s but a request id, and logs it once', async (_name, failure) => {
    const { status, headers, text, body } = await answerTo(failure);
    expect([status, body]).toEqual([500, { message: errorRegistry.internal.message }]);
    expect(text).not.toContain(canary);
    const lines = stand.log.lines.filter(({ level }) => level === 'error');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ fields: { code: 'internal', requestId: headers.get('x-request-id') } });
    if (failure instanceof Error) expect(stand.log.text()).toContain(canary);
  });
});
