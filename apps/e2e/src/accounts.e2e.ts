import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, password, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

type Headers = Record<string, string>;

await describeModes('accounts', (mode) => {
  let installation: Installation;
  let client: Client;
  let elsewhere: Client;
  let superuser: Headers;

  beforeAll(async () => {
    installation = await startInstallation(mode);
    client = new Client(installation.url);
    elsewhere = mode === 'distributed' ? new Client(await installation.secondGateway()) : client;
    superuser = await client.token();
  });

  afterAll(() => installation.stop());

  const send = <T = Record<string, unknown>>(
    method: string,
    path: string,
    headers: Headers,
    body?: object,
    at = client,
  ) =>
    at.request<T>(path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const native = <T = Record<string, unknown>>(method: string, path: string, headers: Headers, body?: object) =>
    send<T>(method, `/api/flowkeep/v1${path}`, headers, body);
  const signIn = async (username: string, secret = password, at = client): Promise<Headers> => ({
    authorization: `Bearer ${(await at.login(username, secret)).body.access_token}`,
  });

  /** An active account, with a key and an echo flow of its own. */
  async function person(username: string) {
    const { body: made } = await send<{ id: string }>('POST', '/api/v1/users/', superuser, { username, password });
    await send('PATCH', `/api/v1/users/${made.id}`, superuser, { is_active: true });
    const token = await signIn(username);
    const key = (await send<{ api_key: string }>('POST', '/api/v1/api_key/', token, { name: 'own' })).body.api_key;
    const flow = (await client.uploadExample('echo.json', token)).body[0]?.id as string;
    const run = async (at = client) => (await at.run(flow, { input_value: 'Hi' }, { 'x-api-key': key })).status;
    const whoami = async (at = client) => (await send('GET', '/api/v1/users/whoami', token, undefined, at)).status;
    return { id: made.id, token, key, flow, run, whoami };
  }

  it('wait for approval until a superuser activates them, as Langflow’s scripts expect', async () => {
    const { status, body } = await send('POST', '/api/v1/users/', superuser, { username: 'new', password });
    expect([status, body]).toEqual([201, expect.objectContaining({ username: 'new', is_active: false })]);
    expect(await client.login('new')).toMatchObject({ status: 400, body: { detail: 'Waiting for approval' } });
    expect(await client.login('new', 'wrong')).toMatchObject({ status: 401 });
    const patched = await send('PATCH', `/api/v1/users/${body['id'] as string}`, superuser, { is_active: true });
    expect(patched).toMatchObject({ status: 200, body: { is_active: true } });
    expect((await client.login('new')).status).toBe(200);
    const listed = await send('GET', '/api/v1/users/?search=NEW', superuser);
    expect(listed.body).toMatchObject({ total_count: 1, users: [{ username: 'new' }] });
  });

  it('that are deactivated can do nothing more: at once here, and as soon as the news is there elsewhere', async () => {
    const bob = await person('bob');
    for (const at of [client, elsewhere]) expect([await bob.run(at), await bob.whoami(at)]).toEqual([200, 200]);
    expect((await send('PATCH', `/api/v1/users/${bob.id}`, superuser, { is_active: false })).status).toBe(200);
    expect([await bob.run(), await bob.whoami()]).toEqual([401, 401]);
    const there = async () => [await bob.run(elsewhere), await bob.whoami(elsewhere)];
    expect(await eventually(there, (statuses) => !statuses.includes(200))).toEqual([401, 401]);
    await send('PATCH', `/api/v1/users/${bob.id}`, superuser, { is_active: true });
    expect([await bob.run(), await bob.whoami()]).toEqual([200, 401]);
  });

  it('that are deleted leave their flows, with all they need, to the heir', async () => {
    const eve = await person('eve');
    const { body } = await native<{ workspaceId: string }>('GET', '/session', eve.token);
    expect(await native('DELETE', `/users/${eve.id}`, superuser)).toMatchObject({ status: 422 });
    expect((await native('DELETE', `/users/${eve.id}?flows=transfer`, superuser)).status).toBe(200);
    expect([await eve.run(), await eve.whoami()]).toEqual([403, 401]);
    const inherited = { ...superuser, 'tenant-id': body.workspaceId };
    const answer = await client.run<{ session_id: string }>(eve.flow, { input_value: 'Hi' }, inherited);
    expect(answer.status).toBe(200);
    const audit = () => native<{ events: { details: object }[] }>('GET', '/audit?action=flow.transferred', superuser);
    const { body: log } = await eventually(audit, (page) => page.body.events.length > 0);
    expect(log.events).toMatchObject([{ details: { from: eve.id } }]);
  });

  it('that are deleted with their flows leave nothing', async () => {
    const tim = await person('tim');
    const { body } = await native<{ workspaceId: string }>('GET', '/session', tim.token);
    expect((await native('DELETE', `/users/${tim.id}?flows=delete`, superuser)).status).toBe(200);
    expect([await tim.run(), await tim.whoami()]).toEqual([403, 401]);
    expect((await native('GET', '/session', { ...superuser, 'tenant-id': body.workspaceId })).status).toBe(404);
    const audit = () => native<{ events: { subjectId: string }[] }>('GET', '/audit?action=flow.deleted', superuser);
    const { body: log } = await eventually(audit, (page) => page.body.events.length > 0);
    expect(log.events).toMatchObject([{ subjectId: tim.flow }]);
  });

  it('keep the last superuser', async () => {
    const me = (await send<{ id: string }>('GET', '/api/v1/users/whoami', superuser)).body.id;
    for (const changes of [{ is_active: false }, { is_superuser: false }]) {
      expect((await send('PATCH', `/api/v1/users/${me}`, superuser, changes)).status).toBe(403);
    }
    expect((await send('DELETE', `/api/v1/users/${me}`, superuser)).status).toBe(400);
    expect((await send('GET', '/api/v1/users/', superuser)).status).toBe(200);
  });

  it('work together in a workspace: invited, switched to, and gone with it', async () => {
    const { body: made } = await native<{ workspace: { id: string } }>('POST', '/workspaces', superuser, {
      name: 'Team',
    });
    const team = { 'tenant-id': made.workspace.id };
    const kim = await person('kim');
    expect((await native('GET', '/members', { ...kim.token, ...team })).status).toBe(404);
    const invited = await native<{ token: string }>(
      'POST',
      '/invitations',
      { ...superuser, ...team },
      { role: 'editor' },
    );
    const { token } = invited.body;
    expect((await native('POST', '/invitations/accept', kim.token, { token })).status).toBe(200);
    expect((await native('POST', '/invitations/accept', kim.token, { token })).status).toBe(404);
    const switched = await native('POST', '/session/workspace', kim.token, { workspaceId: made.workspace.id });
    expect(switched.status).toBe(200);
    expect(await native('GET', '/session', kim.token)).toMatchObject({ body: { workspaceId: made.workspace.id } });
    const flow = (await client.uploadExample('echo.json', kim.token)).body[0]?.id as string;
    const { body: key } = await send<{ api_key: string }>('POST', '/api/v1/api_key/', kim.token, { name: 'team' });
    const run = async () => (await client.run(flow, { input_value: 'Hi' }, { 'x-api-key': key.api_key })).status;
    expect(await run()).toBe(200);
    expect((await send('GET', `/api/v1/flows/${flow}`, { ...superuser, ...team })).status).toBe(200);
    expect((await send('GET', `/api/v1/flows/${flow}`, superuser)).status).toBe(404);
    const change = (archived: boolean) => native('PATCH', `/workspaces/${made.workspace.id}`, superuser, { archived });
    expect((await change(true)).status).toBe(200);
    expect(await run()).toBe(403);
    expect((await change(false)).status).toBe(200);
    expect(await run()).toBe(200);
    const { body: members } = await native<{ members: { userId: string }[] }>('GET', '/members', {
      ...superuser,
      ...team,
    });
    expect(members.members).toHaveLength(2);
    expect((await native('DELETE', `/members/${kim.id}`, { ...superuser, ...team })).status).toBe(200);
    expect(await run()).toBe(403);
    expect(await kim.run()).toBe(200);
  });
});
