import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import { documentedRoutes } from './documented-routes.ts';
import { type Installation, password, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';

const roles = ['viewer', 'runner', 'editor', 'admin', 'owner'] as const;
const askers = ['nobody', ...roles, 'superuser', 'other workspace'] as const;
type Asker = (typeof askers)[number];

interface Row {
  readonly method: string;
  readonly path: string;
  readonly cells: Readonly<Record<Asker, string>>;
}

const table: readonly Row[] = documentedRoutes.map(({ method, path, cells }) => {
  const byAsker = Object.fromEntries(askers.map((asker, index) => [asker, cells[index] ?? '']));
  return { method, path, cells: byAsker as Record<Asker, string> };
});

const missing = '0198c0de-0000-7000-8000-00000000dead';

/** What a request needs to get as far as the thing itself, or not to make one. Elsewhere an empty body does. */
const bodies: Readonly<Record<string, object>> = {
  'POST /api/v1/api_key': { name: 7 },
  'POST /api/flowkeep/v1/vault/rotation/data-keys': { workspaceId: 7 },
  'PATCH /api/v1/flows/:flowId': { name: 'taken over' },
  'PATCH /api/v1/users/:userId': { username: 'taken over' },
  'PATCH /api/v1/users/:userId/reset-password': { password: 'taken over' },
  'PATCH /api/flowkeep/v1/users/:userId': { username: 'taken over' },
  'PUT /api/v1/apikey/:id': { keyName: 'taken over', permissions: ['chatflows:view'] },
  'PUT /api/v1/credentials/:id': { name: 'taken over' },
  'PATCH /api/flowkeep/v1/credentials/:credentialId': { name: 'taken over' },
  'PATCH /api/flowkeep/v1/keys/:keyId': { name: 'taken over' },
  'PATCH /api/flowkeep/v1/workspaces/:workspaceId': { name: 'taken over' },
  'PATCH /api/v1/variables/:variableId': { value: 'taken over' },
  'PATCH /api/flowkeep/v1/variables/:variableId': { value: 'taken over' },
  'POST /api/flowkeep/v1/flows/:flowId/secrets/promote': { nodeId: 'N', field: 'f', name: 'taken over', version: 1 },
  'POST /api/flowkeep/v1/flows/:flow/runs': { input: 'Hi' },
  'POST /api/flowkeep/v1/flows/:flow/runs/stream': { input: 'Hi' },
};

const refusals =
  /enough privileges|Permission denied|insufficient_permission|An API key must be passed|"(Forbidden|Unauthorized Access)"/;

/** What Flowise calls `id`. */
const idNames: Readonly<Record<string, string>> = {
  '/api/v1/apikey/:id': 'keyId',
  '/api/v1/credentials/:id': 'credentialId',
  '/api/v1/credentials/:id/reveal': 'credentialId',
};

await describeModes('who may use what', (mode) => {
  let installation: Installation;
  let client: Client;
  const headers = new Map<Asker, Record<string, string>>();
  /** What there is in the team's workspace, by the name its id has in addresses. */
  const things: Record<string, string> = {};
  /** What is nobody's own but the superuser's. */
  const ofSuperuser: Record<string, string> = {};
  let before: unknown;

  beforeAll(async () => {
    installation = await startInstallation(mode);
    client = new Client(installation.url);
    const superuser = await client.token();
    const native = async <T>(path: string, body: object, by: Record<string, string>) =>
      (await client.post<T>(`/api/flowkeep/v1${path}`, body, by)).body;
    const { workspace } = await native<{ workspace: { id: string } }>('/workspaces', { name: 'Team' }, superuser);
    const inTeam = { 'tenant-id': workspace.id };
    for (const name of [...roles, 'other workspace'] as const) {
      const username = name.replace(' ', '-');
      const user = await native<{ id: string }>('/users', { username, password, active: true }, superuser);
      const own = { authorization: `Bearer ${(await client.login(username)).body.access_token}` };
      headers.set(name, name === 'other workspace' ? own : { ...own, ...inTeam });
      if (name === 'other workspace') continue;
      things['userId'] = user.id;
      const { token } = await native<{ token: string }>('/invitations', { role: name }, { ...superuser, ...inTeam });
      await native('/invitations/accept', { token }, own);
    }
    const owner = headers.get('owner') as Record<string, string>;
    // From now on the superuser has no part in the team.
    const { body: me } = await client.request<{ id: string }>('/api/v1/users/whoami', { headers: superuser });
    const left = { method: 'DELETE', headers: { ...superuser, ...inTeam } };
    expect((await client.request(`/api/flowkeep/v1/members/${me.id}`, left)).status).toBe(200);
    ofSuperuser['userId'] = me.id;
    const { body: session } = await client.request<{ workspaceId: string }>('/api/flowkeep/v1/session', {
      headers: superuser,
    });
    ofSuperuser['workspaceId'] = session.workspaceId;
    headers.set('superuser', superuser);
    headers.set('nobody', {});
    const uploaded = await client.uploadExample('echo.json', owner);
    things['flowId'] = uploaded.body[0]?.id as string;
    things['flow'] = things['flowId'];
    const key = await native<{ key: { id: string } }>('/keys', { name: 'team', permissions: ['*'] }, owner);
    things['keyId'] = key.key.id;
    const variable = { name: 'TEAM', value: 'secret of the team', kind: 'credential' };
    things['variableId'] = (await native<{ id: string }>('/variables', variable, owner)).id;
    const credential = { name: 'team', type: 'openAIApi', fields: { openAIApiKey: 'secret of the team' } };
    things['credentialId'] = (await native<{ id: string }>('/credentials', credential, owner)).id;
    const invited = await native<{ invitation: { id: string } }>('/invitations', { role: 'viewer' }, owner);
    things['invitationId'] = invited.invitation.id;
    before = await snapshot();
  });

  afterAll(() => installation.stop());

  /** Everything of the team's that a request might have changed. */
  async function snapshot(): Promise<unknown> {
    const owner = { headers: headers.get('owner') as Record<string, string> };
    const read = async (path: string) => (await client.request(path, owner)).body;
    return {
      flow: await read(`/api/v1/flows/${things['flowId'] as string}`),
      keys: (await read('/api/v1/api_key/'))['api_keys'],
      variables: await read('/api/v1/variables/'),
      credentials: await read('/api/flowkeep/v1/credentials'),
      members: await read('/api/flowkeep/v1/members'),
      invitations: await read('/api/flowkeep/v1/invitations'),
    };
  }

  async function ask({ method, path }: Row, asker: Asker, ids: Record<string, string>) {
    const address = path.replaceAll(/:(\w+)/g, (_, name: string) => ids[idNames[path] ?? name] ?? missing);
    const sendsBody = method !== 'GET' && method !== 'DELETE';
    const by = path.endsWith('logout') && asker !== 'nobody' ? await another(asker) : headers.get(asker);
    const type: Record<string, string> = sendsBody ? { 'content-type': 'application/json' } : {};
    const answer = await client.request<unknown>(address, {
      method,
      headers: { ...type, ...by },
      ...(sendsBody ? { body: JSON.stringify(bodies[`${method} ${path}`] ?? {}) } : {}),
    });
    return { status: answer.status, text: JSON.stringify(answer.body) };
  }

  /** A session that may end. */
  async function another(asker: Exclude<Asker, 'nobody'>): Promise<Record<string, string>> {
    const username = asker === 'superuser' ? 'ada' : asker.replace(' ', '-');
    return { authorization: `Bearer ${(await client.login(username)).body.access_token}` };
  }

  const isRefused = ({ status, text }: { status: number; text: string }) =>
    (status === 403 || status === 401) && refusals.test(text);

  it('is a table with every route', () => {
    expect(table.length).toBeGreaterThan(60);
  });

  it.each(table.map((row) => [`${row.method} ${row.path}`, row] as const))('%s', async (_name, row) => {
    const found: Partial<Record<Asker, string>> = {};
    for (const asker of askers) {
      const expected = row.cells[asker];
      if (expected === '●') {
        // With ids of nothing: what is allowed must not use up what others are refused.
        found[asker] = isRefused(await ask(row, asker, {})) ? '–' : '●';
      } else if (expected === '–') {
        found[asker] = isRefused(await ask(row, asker, things)) ? '–' : '●';
      } else if (expected === 'own') {
        const { status, text } = await ask(row, asker, asker === 'superuser' ? {} : ofSuperuser);
        found[asker] = status >= 400 ? 'own' : text;
      } else {
        const [real, none] = [await ask(row, asker, things), await ask(row, asker, {})];
        const same = real.status === none.status && hideIds(real.text) === hideIds(none.text);
        const nothing = real.status >= 400 || real.text === '{"raw":[],"affected":0}';
        found[asker] = same && nothing ? 'missing' : `${real.status} ${real.text}`;
      }
    }
    expect(found).toEqual(row.cells);
  });

  it('and nothing of the team’s has changed', async () => {
    expect(await snapshot()).toEqual(before);
  });

  function hideIds(text: string): string {
    return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id');
  }
});
