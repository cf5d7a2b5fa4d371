import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { type Installation, password, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

const [home, stranger] = ['192.0.2.7', '198.51.100.1'];

await describeModes('guessing passwords', (mode) => {
  let installation: Installation;
  let client: Client;

  beforeAll(async () => {
    installation = await startInstallation(mode, { FLOWKEEP_TRUST_PROXY: '127.0.0.1' });
    client = new Client(installation.url);
  });

  afterAll(() => installation.stop());

  const signIn = (address: string, secret: string) =>
    client.request('/api/v1/login', {
      method: 'POST',
      headers: { 'x-forwarded-for': address },
      body: new URLSearchParams({ username: 'ada', password: secret }),
    });

  it('is slowed down for whoever guesses, and not for the owner', async () => {
    expect((await signIn(home, password)).status).toBe(200);
    const answers = [];
    for (let time = 0; time < 7; time++) answers.push(await signIn(stranger, 'not the password'));
    expect(answers.slice(0, 5).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    const last = answers[6] as (typeof answers)[number];
    const retryAfter = Number(last.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(last).toMatchObject({
      status: 429,
      body: { detail: 'Too many failed attempts. Try again later.', retry_after: retryAfter },
    });
    const json = await client.post(
      '/api/v1/auth/login',
      { username: 'ada', password },
      { 'x-forwarded-for': stranger },
    );
    expect(json).toMatchObject({ status: 429, body: { statusCode: 429, success: false } });
    expect(Number(json.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await signIn(home, password)).status).toBe(200);
    await installation.restart();
    client = new Client(installation.url);
    expect((await signIn(home, password)).status).toBe(200);
    expect(installation.logs()).not.toContain('not the password');
  });
});
