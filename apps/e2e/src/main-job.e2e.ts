import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeModes } from './modes.ts';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';

interface KeyList {
  total_count: number;
  api_keys: { id: string; api_key: string; total_uses: number; last_used_at: string | null }[];
}

await describeModes('the main job', (mode) => {
  let installation: Installation;
  let client: Client;
  let key: { id: string; api_key: string };
  let flow: { id: string; name: string };

  beforeAll(async () => {
    installation = await startInstallation(mode);
    client = new Client(installation.url);
    key = await client.createKey('main job');
    const uploaded = await client.uploadExample('echo.json', { 'x-api-key': key.api_key });
    expect(uploaded).toMatchObject({ status: 201 });
    flow = uploaded.body[0] as typeof flow;
  });

  afterAll(() => installation.stop());

  const withKey = () => ({ 'x-api-key': key.api_key });

  it('is ready', async () => {
    expect((await client.request('/readyz')).status).toBe(200);
    expect(await client.request('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const healthy = { status: 'ok', chat: 'ok', db: 'ok' };
    expect(await client.request('/health_check')).toMatchObject({ status: 200, body: healthy });
  });

  it('serves the portal', async () => {
    const page = await client.request<string>('/flows', { headers: { accept: 'text/html' } });
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<fk-root') });
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self' 'nonce-");
    const [, script] = /src="([^"]+\.js)"/.exec(page.body) ?? [];
    expect(await client.request(`/${script ?? ''}`)).toMatchObject({ status: 200 });
  });

  it('signs in with a form', async () => {
    const { status, body } = await client.login();
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'bearer' });
    expect(body.access_token.split('.')).toHaveLength(3);
  });

  it('refuses a wrong password and an unknown user alike', async () => {
    const wrong = await client.login('ada', 'not the password');
    const unknown = await client.login('nobody', 'not the password');
    expect(wrong).toMatchObject({ status: 401, body: { detail: 'Incorrect username or password' } });
    expect(unknown.body).toEqual(wrong.body);
    expect(unknown.status).toBe(401);
  });

  it('says who one is', async () => {
    const { body } = await client.request('/api/v1/users/whoami', { headers: await client.token() });
    expect(body).toMatchObject({ username: 'ada', is_superuser: true, is_active: true, store_api_key: null });
  });

  it('shows a key once, and masked ever after', async () => {
    expect(key.api_key).toMatch(/^fk_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    const { status, body } = await client.request<KeyList>('/api/v1/api_key/', { headers: withKey() });
    expect(status).toBe(200);
    expect(body.total_count).toBe(1);
    expect(body.api_keys[0]?.api_key).toBe(key.api_key.slice(0, 8) + '*'.repeat(45));
  });

  it('keeps a flow and gives it back', async () => {
    const { status, body } = await client.request(`/api/v1/flows/${flow.id}`, { headers: withKey() });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: flow.id, name: flow.name, access_type: 'PRIVATE', is_component: false });
    const list = await client.request<{ id: string }[]>('/api/v1/flows', { headers: withKey() });
    expect(list.body.map(({ id }) => id)).toContain(flow.id);
  });

  it('runs a flow in the shape Langflow answers in', async () => {
    const asked = { input_value: 'hello', input_type: 'chat', output_type: 'chat', session_id: 'a session' };
    const { status, body } = await client.run(flow.id, asked, withKey(), '?stream=false');
    expect(status).toBe(200);
    const text = 'hello';
    const common = { sender: 'Machine', sender_name: 'AI', files: [] };
    const data = { ...common, text, session_id: 'a session', context_id: '', flow_id: flow.id, category: 'message' };
    expect(body).toEqual({
      session_id: 'a session',
      outputs: [
        {
          inputs: { input_value: text },
          outputs: [
            {
              results: {
                message: expect.objectContaining({
                  ...data,
                  text_key: 'text',
                  default_value: '',
                  error: false,
                  edit: false,
                  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
                  data: expect.objectContaining({
                    ...data,
                    id: expect.any(String),
                    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/),
                    properties: expect.objectContaining({ state: 'complete' }),
                  }),
                }),
              },
              artifacts: { ...common, message: text, type: 'object' },
              outputs: { message: { message: text, type: 'text' } },
              logs: { message: [] },
              messages: [
                {
                  ...common,
                  message: text,
                  session_id: 'a session',
                  stream_url: null,
                  component_id: expect.stringMatching(/^ChatOutput-/),
                  type: 'text',
                },
              ],
              timedelta: null,
              duration: null,
              component_display_name: 'Chat Output',
              component_id: expect.stringMatching(/^ChatOutput-/),
              used_frozen_result: false,
            },
          ],
        },
      ],
    });
  });

  it.each([
    ['header', () => ({ headers: withKey(), query: '?stream=false' })],
    ['query', () => ({ headers: {}, query: `?x-api-key=${key.api_key}` })],
    ['Bearer', () => ({ headers: { authorization: `Bearer ${key.api_key}` }, query: '' })],
  ])("runs the first documents' body with the key in the %s", async (_name, make) => {
    const { headers, query } = make();
    const { status, body } = await client.run(flow.id, { inputs: { text: 'hi' }, tweaks: {} }, headers, query);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('"message":"hi"');
    expect((await client.run(flow.id, { inputs: { text: '' }, tweaks: {} }, headers, query)).status).toBe(200);
  });

  it('streams events in order, and the result last', async () => {
    const { status, body, headers } = await client.run<string>(
      flow.id,
      { input_value: 'streamed' },
      withKey(),
      '?stream=true',
    );
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const frames = body.split('\n\n').filter((frame) => frame !== '');
    const events = frames.map((frame) => JSON.parse(frame) as { event: string; data: Record<string, unknown> });
    const kinds = events.map(({ event }) => event);
    expect(kinds[0]).toBe('add_message');
    expect(kinds.at(-1)).toBe('end');
    expect(events[0]?.data).toMatchObject({ sender: 'User', text: 'streamed' });
    const answers = events.filter(({ event, data }) => event === 'add_message' && data['sender'] === 'Machine');
    expect(answers.at(-1)?.data).toMatchObject({ text: 'streamed', properties: { state: 'complete' } });
    expect(JSON.stringify(events.at(-1)?.data)).toContain('"message":"streamed"');
  });

  it('counts every use', async () => {
    const fresh = await client.createKey('counted');
    const headers = { 'x-api-key': fresh.api_key };
    for (let use = 0; use < 5; use++) await client.run(flow.id, { input_value: 'x' }, headers);
    const token = await client.token();
    const used = async () => {
      const { body } = await client.request<KeyList>('/api/v1/api_key/', { headers: token });
      return body.api_keys.find(({ id }) => id === fresh.id);
    };
    const counted = await eventually(used, (found) => found?.total_uses === 5);
    expect(counted?.total_uses).toBe(5);
    expect(counted?.last_used_at).not.toBeNull();
  });

  it('refuses a deleted key at once', async () => {
    const fresh = await client.createKey('short-lived');
    const headers = { 'x-api-key': fresh.api_key };
    expect((await client.run(flow.id, { input_value: 'x' }, headers)).status).toBe(200);
    const removed = await client.request(`/api/v1/api_key/${fresh.id}`, { method: 'DELETE', headers: withKey() });
    expect(removed).toMatchObject({ status: 200, body: { detail: 'API Key deleted' } });
    expect(await client.run(flow.id, { input_value: 'x' }, headers)).toMatchObject({
      status: 403,
      body: { detail: 'Invalid or missing API key' },
    });
  });

  it('keeps everything over a restart', async () => {
    const headers = withKey();
    await client.run(flow.id, { input_value: 'before' }, headers);
    await installation.restart();
    client = new Client(installation.url);
    expect((await client.run(flow.id, { input_value: 'after' }, headers)).status).toBe(200);
    expect((await client.login()).status).toBe(200);
  });

  it('deletes a flow', async () => {
    const { body } = await client.uploadExample('echo.json', withKey());
    const id = body[0]?.id as string;
    const init = { method: 'DELETE', headers: withKey() };
    expect(await client.request(`/api/v1/flows/${id}`, init)).toMatchObject({
      status: 200,
      body: { message: 'Flow deleted successfully' },
    });
    expect((await client.request(`/api/v1/flows/${id}`, init)).status).toBe(404);
    expect((await client.run(id, { input_value: 'x' }, withKey())).status).toBe(404);
  });
});
