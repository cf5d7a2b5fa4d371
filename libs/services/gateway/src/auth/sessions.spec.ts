import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError, refresh, signIn, signOut, verifyKey } from '@flowkeep/contracts';
import { generateRefreshToken } from '@flowkeep/crypto';
import { gatewayStand } from '../gateway.spec-stand.ts';

const evil = 'https://evil.example';
const epoch = 'Thu, 01 Jan 1970 00:00:00 GMT';
const strange = generateRefreshToken();

/** Starts a gateway before each test whose identity keeps one session: its refresh tokens, and who ended it. */
function describeSessions(name: string, environment: Record<string, string>, define: (my: Stand) => void): void {
  describe(name, () => {
    const my = {} as Stand;
    beforeEach(async () => Object.assign(my, await sessionStand(environment)));
    afterEach(() => my.stop());
    define(my);
  });
}

interface Body {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly token_type?: string;
  readonly token?: string;
  readonly user?: { readonly permissions: readonly string[] };
  readonly message?: string;
}

type Stand = Awaited<ReturnType<typeof sessionStand>>;

async function sessionStand(environment: Record<string, string>) {
  const stand = await gatewayStand(environment);
  const { bus, clock, facts } = stand;
  const { userId } = facts.principal;
  const sessionId = facts.principal.sessions[0]?.id as string;
  const state = { refreshToken: generateRefreshToken(), ended: [] as string[], addresses: [] as string[] };
  const pair = () => ({
    accessToken: stand.token(),
    expiresAt: clock.now() + 600_000,
    refreshToken: state.refreshToken,
    refreshExpiresAt: clock.now() + 86_400_000,
    userId,
    sessionId,
  });
  bus.answer(signIn, ({ username, password }) => {
    if (username !== 'ada' || password !== 'correct horse') throw new DomainError('sign_in_failed');
    return { ...pair(), revision: 1 };
  });
  bus.answer(refresh, ({ refreshToken, address }) => {
    if (refreshToken !== state.refreshToken) throw new DomainError('refresh_token_invalid');
    state.refreshToken = generateRefreshToken();
    state.addresses.push(address);
    return pair();
  });
  bus.answer(signOut, ({ refreshToken }, { caller }) => {
    const known = refreshToken === null ? caller?.sessionId === sessionId : refreshToken === state.refreshToken;
    if (!known || facts.principal.sessions.length === 0) return { ended: null };
    state.ended.push(refreshToken === null ? 'by caller' : 'by token');
    facts.principal = { ...facts.principal, sessions: [], revision: 2 };
    return { ended: { userId, sessionId, revision: 2 } };
  });
  const ask = async (path: string, headers: Record<string, string> = {}, body?: string | URLSearchParams) => {
    const response = await stand.fetch(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
    const { status, headers: answered } = response;
    return {
      status,
      body: (await response.json()) as Body,
      cookies: answered.getSetCookie(),
      headers: answered,
    };
  };
  return {
    ...stand,
    state,
    ask,
    login: (headers: Record<string, string> = {}) =>
      ask('/api/v1/login', headers, new URLSearchParams({ username: 'ada', password: 'correct horse' })),
    json: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      ask(path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    cookie: () => ({ cookie: `refresh_token_lf=${state.refreshToken}` }),
    bearer: () => ({ authorization: `Bearer ${stand.token()}` }),
    whoami: async () => (await stand.get('/api/v1/users/whoami', { authorization: `Bearer ${stand.token()}` })).status,
    session: async (headers: Record<string, string> = {}) => (await stand.get('/api/v1/session', headers)).json(),
  };
}

const given = (stand: Stand, token: string, secure = '') => [
  `refresh_token_lf=${token}; Path=/api/v1; HttpOnly; SameSite=Strict; Max-Age=86400${secure}`,
  `access_token_lf=${stand.token()}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600${secure}`,
];

/** A token has a signature that is another each time: it counts as the same when the rest is. */
const unsigned = (cookies: string[]) => cookies.map((cookie) => cookie.replace(/\.[\w-]+;/, '.;'));

const taken = (secure = '') => [
  `refresh_token_lf=; Path=/api/v1; HttpOnly; SameSite=Strict; Max-Age=0; Expires=${epoch}${secure}`,
  `access_token_lf=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Expires=${epoch}${secure}`,
];

describeSessions('a session', {}, (my) => {
  describe('of Langflow', () => {
    it('opens with a pair of tokens, in the answer and in cookies', async () => {
      const { status, body, cookies } = await my.login();
      const { refreshToken } = my.state;
      expect([status, body]).toEqual([
        200,
        { access_token: expect.any(String), refresh_token: refreshToken, token_type: 'bearer' },
      ]);
      expect(unsigned(cookies)).toEqual(unsigned(given(my, refreshToken)));
      expect(cookies[1]).toContain(`=${body.access_token};`);
    });

    it('that does not open sets no cookie', async () => {
      const form = new URLSearchParams({ username: 'ada', password: 'wrong' });
      expect(await my.ask('/api/v1/login', {}, form)).toMatchObject({ status: 401, cookies: [] });
    });

    it('opened by a page of another origin stays out of the browser', async () => {
      for (const headers of [{ origin: evil }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
        expect(await my.login(headers as Record<string, string>)).toMatchObject({ status: 200, cookies: [] });
      }
      expect((await my.login({ origin: my.url })).cookies).toHaveLength(2);
    });

    it('is refreshed by its cookie', async () => {
      const { status, body, cookies } = await my.ask('/api/v1/refresh', my.cookie());
      const { refreshToken } = my.state;
      expect([status, body.refresh_token, body.token_type]).toEqual([200, refreshToken, 'bearer']);
      expect(unsigned(cookies)).toEqual(unsigned(given(my, refreshToken)));
      expect(my.state.addresses).toEqual(['127.0.0.1']);
    });

    it.each([
      ['no cookie', {}],
      ['an empty one', { cookie: 'refresh_token_lf=' }],
      ['another form', { cookie: 'refresh_token_lf=x.y.z' }],
      ['an unknown one', { cookie: `refresh_token_lf=${strange}` }],
      ['a token that is no cookie', { authorization: `Bearer ${strange}` }],
      ['another cookie', { cookie: `xrefresh_token_lf=${strange}` }],
    ])('is not refreshed with %s', async (_name, headers) => {
      const { status, body, cookies } = await my.ask('/api/v1/refresh', headers);
      expect([status, body, cookies]).toEqual([401, { detail: 'Invalid refresh token' }, []]);
    });

    it('is not refreshed for a page of another origin', async () => {
      const before = my.state.refreshToken;
      for (const headers of [{ origin: evil }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }]) {
        const answer = await my.ask('/api/v1/refresh', { ...my.cookie(), ...headers });
        expect(answer).toMatchObject({ status: 403, cookies: [] });
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
      expect(my.state.refreshToken).toBe(before);
      expect(my.bus.calls).toEqual([]);
      expect((await my.ask('/api/v1/refresh', { ...my.cookie(), origin: my.url })).status).toBe(200);
    });

    it.each([
      ['its cookie', () => my.cookie(), ['by token']],
      ['its access token', () => my.bearer(), ['by caller']],
      ['both', () => ({ ...my.cookie(), ...my.bearer() }), ['by token']],
      [
        'both cookies',
        () => ({ cookie: `access_token_lf=${my.token()}; ${my.cookie().cookie}`, origin: my.url }),
        ['by token'],
      ],
    ])('ends by %s, and its access token is refused from then on', async (_name, headers, ended) => {
      expect(await my.whoami()).toBe(200);
      const { status, body, cookies } = await my.ask('/api/v1/logout', headers());
      expect([status, body, cookies]).toEqual([200, { message: 'Logout successful' }, taken()]);
      expect(my.state.ended).toEqual(ended);
      expect(await my.whoami()).toBe(401);
    });

    it.each([
      ['nothing', {}],
      ['a bad token', { authorization: 'Bearer a.b.c' }],
      ['a bad key', { 'x-api-key': 'fk_x' }],
      ['an unknown key', { 'x-api-key': 'sk-unknown' }],
      ['a bad cookie', { cookie: 'refresh_token_lf=x; access_token_lf=a.b.c' }],
    ])('is left alone by a logout with %s, which succeeds', async (_name, headers) => {
      const { status, body, cookies } = await my.ask('/api/v1/logout', headers);
      expect([status, body, cookies]).toEqual([200, { message: 'Logout successful' }, taken()]);
      expect(my.bus.calls.filter((name) => name === 'identity.signOut')).toEqual([]);
      expect(await my.whoami()).toBe(200);
    });

    it('is left alone by a page of another origin', async () => {
      const cookie = `access_token_lf=${my.token()}; ${my.cookie().cookie}`;
      expect(await my.ask('/api/v1/logout', { cookie, origin: evil })).toMatchObject({ status: 200, cookies: [] });
      expect(my.state.ended).toEqual([]);
      expect((await my.ask('/api/v1/logout', { ...my.bearer(), origin: evil })).cookies).toEqual([]);
      expect(my.state.ended).toEqual(['by caller']);
    });

    it('is not said to have ended while nobody can be asked', async () => {
      my.bus.silence(signOut);
      expect(await my.ask('/api/v1/logout', my.cookie())).toMatchObject({ status: 503, cookies: [] });
    });

    it('tells whether there is one, and whose', async () => {
      const nobody = { authenticated: false, user: null };
      expect(await my.session()).toEqual(nobody);
      expect(await my.session({ authorization: 'Bearer a.b.c' })).toEqual(nobody);
      const somebody = { authenticated: true, user: { username: 'ada', store_api_key: null } };
      expect(await my.session(my.bearer())).toMatchObject(somebody);
      expect(await my.session({ cookie: `access_token_lf=${my.token()}` })).toMatchObject(somebody);
      expect(await my.session({ 'x-api-key': my.key })).toMatchObject(somebody);
      await my.clock.advance(600_000);
      expect(await my.session({ authorization: `Bearer ${my.token({ exp: my.clock.now() / 1000 })}` })).toEqual(nobody);
    });

    it('is not said to be none while nobody can be asked', async () => {
      my.bus.silence(verifyKey);
      expect((await my.get('/api/v1/session', { 'x-api-key': my.key })).status).toBe(503);
    });
  });

  describe('of Flowise', () => {
    const login = '/api/v1/auth/login';
    const refreshToken = '/api/v1/auth/refreshToken';
    const logout = '/api/v1/auth/logout';

    it.each(['username', 'email'])('opens with %s and password, in the answer alone', async (field) => {
      const { status, body, cookies } = await my.json(login, { [field]: 'ada', password: 'correct horse' });
      const { userId, defaultWorkspaceId } = my.facts.principal;
      const user = { id: userId, email: 'ada', name: 'ada', activeWorkspaceId: defaultWorkspaceId };
      expect([status, cookies]).toEqual([200, []]);
      expect(body).toMatchObject({ refreshToken: my.state.refreshToken, user });
      expect((await my.get('/api/v1/users/whoami', { authorization: `Bearer ${body.token}` })).status).toBe(200);
      expect(body.user).toMatchObject({ isOrganizationAdmin: false, activeOrganizationId: expect.any(String) });
      expect(body.user?.permissions).toContain('flows:view');
    });

    it('says of its user what Flowise does, with the names of its fields', async () => {
      const { body } = await my.json(login, { email: 'ada', password: 'correct horse' });
      const { userId: id, defaultWorkspaceId } = my.facts.principal;
      const organizationId = '00000000-0000-4000-8000-000000000001';
      expect(body.user).toEqual({
        id,
        email: 'ada',
        name: 'ada',
        roleId: null,
        activeOrganizationId: organizationId,
        activeOrganizationSubscriptionId: null,
        activeOrganizationCustomerId: null,
        activeOrganizationProductId: null,
        isOrganizationAdmin: false,
        activeWorkspaceId: defaultWorkspaceId,
        assignedWorkspaces: [{ id: defaultWorkspaceId, role: 'owner', organizationId }],
        permissions: expect.arrayContaining(['flows:view', 'runs:create']),
        features: {},
        isSSO: false,
      });
    });

    it('begins at the sign-in page, and with nobody who registers himself', async () => {
      expect(await my.ask('/api/v1/auth/resolve')).toMatchObject({ status: 200, body: { redirectUrl: '/signin' } });
      const user = { name: 'Eve', email: 'eve@example.com', credential: 'Correct-Horse-1' };
      const message = 'Registration is closed: an administrator creates accounts.';
      for (const asked of [
        await my.json('/api/v1/account/register', { user }),
        await my.ask('/api/v1/account/register'),
      ]) {
        expect(asked).toMatchObject({ status: 400, cookies: [] });
        expect(asked.body).toEqual({ statusCode: 400, success: false, message });
      }
      expect(my.bus.calls).toEqual([]);
    });

    it('answers failures in its own words', async () => {
      const wrong = await my.json(login, { username: 'ada', password: 'wrong' });
      const message = 'Incorrect username or password';
      expect([wrong.status, wrong.body]).toEqual([401, { statusCode: 401, success: false, message }]);
      const unnamed = await my.json(login, { password: 'correct horse' });
      expect(unnamed).toMatchObject({ status: 400, body: { statusCode: 400, success: false } });
      expect(unnamed.body.message).toMatch(/^body\.username: /);
      expect(await my.ask(login, { 'content-type': 'application/json' }, '{')).toMatchObject({
        status: 400,
        body: { statusCode: 400, success: false, message: 'The body is not valid JSON.' },
      });
    });

    it('is refreshed by the body, with nothing in cookies', async () => {
      const { status, body, cookies } = await my.json(refreshToken, { refreshToken: my.state.refreshToken });
      expect([status, cookies]).toEqual([200, []]);
      expect(body).toMatchObject({ token: expect.any(String), refreshToken: my.state.refreshToken });
      expect(body.user).toMatchObject({ name: 'ada' });
    });

    it('is refreshed by the cookie, and answers with the next', async () => {
      const { status, cookies } = await my.ask(refreshToken, my.cookie());
      expect(status).toBe(200);
      expect(unsigned(cookies)).toEqual(unsigned(given(my, my.state.refreshToken)));
    });

    it('is not refreshed without a good token, or for a page of another origin', async () => {
      const refused = { statusCode: 401, success: false, message: 'Invalid refresh token' };
      const answers = [
        await my.ask(refreshToken),
        await my.json(refreshToken, { refreshToken: strange }),
        await my.ask(refreshToken, { ...my.cookie(), origin: evil }),
      ];
      for (const { status, body, cookies } of answers) expect([status, body, cookies]).toEqual([401, refused, []]);
    });

    it('ends at its other address too', async () => {
      const other = '/api/v1/account/logout';
      const answer = await my.json(other, { refreshToken: my.state.refreshToken });
      const body = { message: 'logged_out', redirectTo: '/login' };
      expect(answer).toMatchObject({ status: 200, body, cookies: taken() });
      expect(my.state.ended).toEqual(['by token']);
      expect(await my.whoami()).toBe(401);
    });

    it.each([
      ['the body', () => my.json(logout, { refreshToken: my.state.refreshToken }), ['by token']],
      ['the cookie', () => my.ask(logout, my.cookie()), ['by token']],
      ['the access token', () => my.ask(logout, my.bearer()), ['by caller']],
    ])('ends by %s', async (_name, leave, ended) => {
      expect(await leave()).toMatchObject({ status: 200, body: { message: 'logged_out' }, cookies: taken() });
      expect(my.state.ended).toEqual(ended);
      expect(await my.whoami()).toBe(401);
    });
  });

  it('leaves no token in the log', async () => {
    const first = my.state.refreshToken;
    await my.login();
    await my.ask('/api/v1/refresh', my.cookie());
    await my.ask('/api/v1/refresh', { cookie: `refresh_token_lf=${first}` });
    await my.json('/api/v1/auth/refreshToken', { refreshToken: first });
    await my.ask('/api/v1/logout', my.cookie());
    for (const token of [first, my.state.refreshToken]) expect(my.log.text()).not.toContain(token.slice(4));
    expect(my.log.lines.length).toBeGreaterThan(4);
  });
});

describeSessions('behind a proxy that is trusted', { FLOWKEEP_TRUST_PROXY: '127.0.0.1' }, (my) => {
  const https = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'flows.example.com' };

  it('cookies are secure when the proxy speaks https, given and taken', async () => {
    expect(unsigned((await my.login(https)).cookies)).toEqual(unsigned(given(my, my.state.refreshToken, '; Secure')));
    expect((await my.ask('/api/v1/logout', { ...my.cookie(), ...https })).cookies).toEqual(taken('; Secure'));
    expect((await my.login({ 'x-forwarded-proto': 'http' })).cookies.join()).not.toContain('Secure');
  });

  it('the origin is the one the proxy serves', async () => {
    const refreshed = (origin: string) => my.ask('/api/v1/refresh', { ...my.cookie(), ...https, origin });
    expect((await refreshed('https://flows.example.com')).status).toBe(200);
    expect((await refreshed('http://flows.example.com')).status).toBe(403);
  });
});

describeSessions('behind a proxy that is not trusted', {}, (my) => {
  it('cookies are not secure, whatever it says', async () => {
    expect((await my.login({ 'x-forwarded-proto': 'https' })).cookies.join()).not.toContain('Secure');
  });
});
