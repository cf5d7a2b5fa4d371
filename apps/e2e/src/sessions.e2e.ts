import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from './client.ts';
import { CookieJar } from './cookie-jar.ts';
import { eventually } from './eventually.ts';
import { type Installation, password, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

interface Pair {
  access_token: string;
  refresh_token: string;
}

interface JsonPair {
  token: string;
  refreshToken: string;
  user: { id: string; name: string };
}

const whoami = '/api/v1/users/whoami';

await describeModes('sessions', (mode) => {
  let installation: Installation;
  let client: Client;
  const seen = new Set<string>();

  beforeAll(async () => {
    installation = await startInstallation(mode);
    client = new Client(installation.url);
  });

  afterAll(() => installation.stop());

  async function signIn(): Promise<CookieJar> {
    const jar = new CookieJar(client);
    const body = new URLSearchParams({ username: 'ada', password });
    const answer = await jar.request<Pair>('/api/v1/login', { method: 'POST', body });
    expect(answer.status).toBe(200);
    seen.add(answer.body.refresh_token);
    return jar;
  }

  async function refresh(jar: CookieJar) {
    const answer = await jar.post<Pair>('/api/v1/refresh');
    if (answer.status === 200) seen.add(answer.body.refresh_token);
    return answer;
  }

  const replay = (token: string) =>
    client.request('/api/v1/refresh', { method: 'POST', headers: { cookie: `refresh_token_lf=${token}` } });

  const asked = async (token: string | undefined) =>
    (await client.request(whoami, { headers: { authorization: `Bearer ${token}` } })).status;

  it('live in a browser as cookies alone', async () => {
    const jar = await signIn();
    expect(jar.names()).toEqual(['access_token_lf', 'refresh_token_lf']);
    expect(await jar.request(whoami)).toMatchObject({ status: 200, body: { username: 'ada' } });
    expect((await jar.request('/api/v1/session')).body).toMatchObject({ authenticated: true });
    expect((await jar.post('/api/v1/logout')).body).toEqual({ message: 'Logout successful' });
    expect(jar.names()).toEqual([]);
    expect((await jar.request('/api/v1/session')).body).toEqual({ authenticated: false, user: null });
  });

  it('go on with every refresh', async () => {
    const jar = await signIn();
    const first = jar.value('refresh_token_lf');
    for (let time = 0; time < 3; time++) {
      const { status, body } = await refresh(jar);
      expect([status, body.refresh_token]).toEqual([200, jar.value('refresh_token_lf')]);
      expect(await asked(body.access_token)).toBe(200);
    }
    expect(jar.value('refresh_token_lf')).not.toBe(first);
  });

  it('give every tab of a browser the same successor', async () => {
    const jar = await signIn();
    const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(jar)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect((await refresh(jar)).status).toBe(200);
  });

  it('end when a used refresh token comes back', async () => {
    const jar = await signIn();
    const stolen = jar.value('refresh_token_lf') as string;
    await refresh(jar);
    await refresh(jar);
    const accessToken = jar.value('access_token_lf');
    expect(await asked(accessToken)).toBe(200);
    const other = await signIn();
    expect(await replay(stolen)).toMatchObject({ status: 401, body: { detail: 'Invalid refresh token' } });
    // The gateway hears of it by news, which may come after the answer.
    expect(
      await eventually(
        () => asked(accessToken),
        (status) => status === 401,
      ),
    ).toBe(401);
    expect((await refresh(jar)).status).toBe(401);
    expect((await refresh(other)).status).toBe(200);
  });

  it('end at logout: access and refresh token are refused at once', async () => {
    const jar = await signIn();
    const [accessToken, refreshToken] = [jar.value('access_token_lf'), jar.value('refresh_token_lf') as string];
    expect(await asked(accessToken)).toBe(200);
    expect((await jar.post('/api/v1/logout')).status).toBe(200);
    expect(await asked(accessToken)).toBe(401);
    expect((await replay(refreshToken)).status).toBe(401);
  });

  it('end at logout with the access token alone', async () => {
    const { access_token: token, refresh_token: refreshToken } = (await client.login()).body as Pair;
    const headers = { authorization: `Bearer ${token}` };
    expect((await client.request('/api/v1/logout', { method: 'POST', headers })).status).toBe(200);
    expect(await asked(token)).toBe(401);
    expect((await replay(refreshToken)).status).toBe(401);
  });

  it('are not touched by pages of other origins', async () => {
    const jar = await signIn();
    const token = jar.value('refresh_token_lf') as string;
    const headers = { cookie: `refresh_token_lf=${token}`, origin: 'https://evil.example' };
    const answer = await client.request('/api/v1/refresh', { method: 'POST', headers });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    await client.request('/api/v1/logout', { method: 'POST', headers });
    expect((await refresh(jar)).status).toBe(200);
  });

  it('are opened, refreshed and ended with JSON', async () => {
    const opened = await client.post<JsonPair>('/api/v1/auth/login', { username: 'ada', password });
    expect(opened).toMatchObject({ status: 200, body: { user: { name: 'ada', isOrganizationAdmin: true } } });
    const { refreshToken } = opened.body;
    const next = await client.post<JsonPair>('/api/v1/auth/refreshToken', { refreshToken });
    expect(next).toMatchObject({ status: 200, body: { user: { id: opened.body.user.id } } });
    expect(await asked(next.body.token)).toBe(200);
    await client.post('/api/v1/auth/logout', { refreshToken: next.body.refreshToken });
    expect(await asked(next.body.token)).toBe(401);
    expect(await client.post('/api/v1/auth/refreshToken', { refreshToken: next.body.refreshToken })).toMatchObject({
      status: 401,
      body: { statusCode: 401, success: false, message: 'Invalid refresh token' },
    });
    for (const token of [refreshToken, next.body.refreshToken]) seen.add(token);
  });

  it('go on over a restart', async () => {
    const jar = await signIn();
    await installation.restart();
    client = new Client(installation.url);
    const headers = { cookie: `refresh_token_lf=${jar.value('refresh_token_lf')}`, origin: client.url };
    const answer = await client.request<Pair>('/api/v1/refresh', { method: 'POST', headers });
    expect(answer.status).toBe(200);
    seen.add(answer.body.refresh_token);
  });

  it('leave no refresh token in the log or in a file', () => {
    const files = readdirSync(installation.dataDir, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const kept = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'));
    if (mode === 'standalone') expect(kept.join('').length).toBeGreaterThan(10_000);
    expect(seen.size).toBeGreaterThan(10);
    for (const token of seen) expect(kept.join('\n') + installation.logs()).not.toContain(token.slice(4));
  });
});
