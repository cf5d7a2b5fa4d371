import { expect } from '@jest/globals';
import { type Answer, Client } from './client.ts';
import { flowLiterals, openText, secretFlow, tellTaleFlow } from './secret-flow.ts';

type Headers = Record<string, string>;
const json = { 'content-type': 'application/json' };

/** What is there to hand out a secret, once. */
const reveals =
  /^POST \/api\/(?:v1\/(?:login|refresh|auth\/login|auth\/refreshToken|api_key\/|apikey)|flowkeep\/v1\/(?:keys|keys\/[^/]+\/rotate|invitations))$/;

/** Remembers every answer but those that are there to hand out a secret. */
export class RecordingClient extends Client {
  constructor(
    url: string,
    readonly answers: string[],
  ) {
    super(url);
  }

  override async request<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const answer = await super.request<T>(path, init);
    const revealed = answer.status < 300 && reveals.test(`${init.method ?? 'GET'} ${path}`);
    if (!revealed) this.answers.push(JSON.stringify([answer.body, [...answer.headers]]));
    return answer;
  }

  async send<T = Record<string, string>>(method: string, path: string, body: object | null, by: Headers = {}) {
    const init = { method, headers: { ...(body === null ? {} : json), ...by } };
    return this.request<T>(path, { ...init, body: body === null ? null : JSON.stringify(body) });
  }
}

/** Remembers a secret by what it is, and gives it back: the one that is given, else a new one. */
export type Plant = (what: string, ...value: readonly (string | undefined)[]) => string;

/** What the jobs need to know of each other. */
export interface Scene {
  readonly client: RecordingClient;
  readonly plant: Plant;
  /** Part of every name, so that the jobs can be done again. */
  readonly round: number;
  /** The superuser's, whose password may change on the way. */
  readonly password: string;
  /** The address of a provider that repeats the key it is sent. */
  readonly providerUrl: string;
  /** References an operator allows. */
  readonly references: readonly string[];
}

const native = '/api/flowkeep/v1';
const created = (answer: Answer) => {
  if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
};
const fine = (answer: Answer) => {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
};

/** Sessions, people and invitations. */
export async function doAccounts({ client, plant, round, password }: Scene): Promise<Headers> {
  const signedIn = await client.login('ada', password);
  fine(signedIn);
  const tokens = signedIn.body as unknown as Record<string, string>;
  plant(`access token ${round}`, tokens['access_token']);
  const refreshToken = plant(`refresh token ${round}`, tokens['refresh_token']);
  const refreshed = await client.send('POST', '/api/v1/auth/refreshToken', { refreshToken });
  fine(refreshed);
  plant(`next refresh token ${round}`, refreshed.body['refreshToken']);
  const token = { authorization: `Bearer ${plant(`next access token ${round}`, refreshed.body['token'])}` };
  const flowise = await client.send('POST', '/api/v1/auth/login', { email: 'ada', password });
  fine(flowise);
  plant(`Flowise's refresh token ${round}`, flowise.body['refreshToken']);
  const wrong = plant('a wrong password');
  expect((await client.login('ada', wrong)).status).toBe(401);
  // Once: a fifth failure from here would have everybody wait.
  if (round === 1) expect((await client.login('nobody', wrong)).status).toBe(401);
  await client.send('POST', '/api/v1/login', { username: 'ada', password });
  await client.send('POST', '/api/v1/auth/login', { username: ['ada'], password });

  const first = plant(`the first password of a user ${round}`);
  const made = await client.send('POST', '/api/v1/users/', { username: `grace${round}`, password: first }, token);
  created(made);
  const userId = made.body['id'] as string;
  fine(await client.send('PATCH', `/api/v1/users/${userId}`, { is_active: true }, token));
  const second = plant(`the second password of a user ${round}`);
  fine(await client.send('POST', `${native}/users/${userId}/password`, { password: second }, token));
  const theirs = { authorization: `Bearer ${(await client.login(`grace${round}`, second)).body.access_token}` };
  const third = plant(`the third password of a user ${round}`);
  const change = { currentPassword: second, newPassword: third };
  fine(await client.send('POST', `${native}/session/password`, change, theirs));
  const fourth = plant(`the fourth password of a user ${round}`);
  const langflow = `/api/v1/users/${userId}/reset-password`;
  fine(await client.send('PATCH', langflow, { password: fourth, current_password: third }, theirs));
  await client.send('PATCH', langflow, { password: fourth.slice(0, 7) }, theirs);
  await client.send('POST', '/api/v1/users/', { username: `grace${round}`, password: first }, token);

  const invited = await client.send('POST', `${native}/invitations`, { role: 'viewer' }, token);
  created(invited);
  const invitation = { token: plant(`an invitation ${round}`, invited.body['token']) };
  fine(await client.send('POST', `${native}/invitations/accept`, invitation, theirs));
  expect((await client.send('POST', `${native}/invitations/accept`, invitation, theirs)).status).toBe(404);
  return token;
}

/** Keys: made in every dialect, rotated, verified, reported, and shown in every wrong place. */
export async function doKeys({ client, plant, round }: Scene, token: Headers): Promise<Headers> {
  const langflow = await client.send('POST', '/api/v1/api_key/', { name: openText }, token);
  const key = plant(`a key ${round}`, langflow.body['api_key']);
  const flowise = { keyName: `flowise ${round}`, permissions: ['chatflows:view'] };
  const ofFlowise = await client.send('POST', '/api/v1/apikey', flowise, token);
  fine(ofFlowise);
  plant(`a key of Flowise ${round}`, ofFlowise.body['apiKey']);
  const made = await client.send<{ key: { id: string }; secret: string }>(
    'POST',
    `${native}/keys`,
    { name: 'native', permissions: ['flows:view'] },
    token,
  );
  created(made);
  const { id } = made.body.key;
  const old = plant(`a rotated key ${round}`, made.body.secret);
  const rotated = await client.send('POST', `${native}/keys/${id}/rotate`, { overlapSeconds: 60 }, token);
  fine(rotated);
  const next = plant(`the key after it ${round}`, rotated.body['secret']);
  const none = plant('a key that is none');
  for (const shown of [key, old, next, none, `${next.slice(0, -1)}~`]) {
    fine(await client.send('POST', `${native}/keys/verify`, { key: shown }, token));
    await client.send('POST', `${native}/keys/verify`, { key: shown, more: shown }, token);
    await client.send('GET', `/api/v1/verify/apikey/${encodeURIComponent(shown)}`, null);
  }
  fine(await client.send('POST', `${native}/keys/report`, { key: old }, token));
  await client.send('POST', '/api/v1/api_key/store', { api_key: none }, token);

  const bearer = token['authorization'] as string;
  for (const value of [key, none, `${key.slice(0, -1)}~`, bearer.replace('Bearer ', '')]) {
    for (const path of ['/api/v1/flows/', '/api/v1/nowhere', '/api/v1/flows/%zz', `/api/v1/run/${'a'.repeat(600)}`]) {
      const query = encodeURIComponent(value);
      await client.request(`${path}?x-api-key=${query}`, { headers: { referer: `http://x/?x-api-key=${query}` } });
      await client.request(`${path}?x-api-key=${query}`, { method: 'POST', headers: json, body: `{"a": "${value}` });
      await client.request(path, { headers: { authorization: `Bearer ${value}` } });
      await client.request(path, { headers: { cookie: `access_token_lf=${value}` } });
    }
  }
  return { 'x-api-key': key };
}

/** What the variable with a reference is called. */
function nameOf(reference: string, round: number): string {
  return `${reference.startsWith('env:') ? 'ENV' : 'FILE'}_${round}`;
}

/** Variables and credentials, by value and by reference. */
export async function doVault({ client, plant, round, references }: Scene, headers: Headers): Promise<string> {
  const value = plant('the value of a variable');
  const name = `CANARY_${round}`;
  const variables = '/api/v1/variables/';
  const made = await client.send('POST', variables, { name, value }, headers);
  created(made);
  fine(await client.send('PATCH', variables + (made.body['id'] as string), { value: plant('a new value') }, headers));
  for (const body of [{ name, value }, { name: [value], value }, { value }, { name: 'x', value: [value] }]) {
    expect([400, 422]).toContain((await client.send('POST', variables, body, headers)).status);
  }
  for (const reference of references) {
    const variable = { name: nameOf(reference, round), reference };
    created(await client.send('POST', `${native}/variables`, variable, headers));
  }
  const plainDataObj = { mongoDBConnectUrl: `mongodb://ada:${plant('a password of a database')}@db.example/app` };
  const url = { name: 'url', credentialName: 'mongoDBUrlApi', plainDataObj };
  fine(await client.send('POST', '/api/v1/credentials', url, headers));
  const fields = { openAIApiKey: plant('a field of a credential') };
  const credential = { name: 'key', credentialName: 'openAIApi', plainDataObj: fields };
  const stored = await client.send('POST', '/api/v1/credentials', credential, headers);
  fine(stored);
  const path = `/api/v1/credentials/${stored.body['id'] as string}`;
  const marked = { openAIApiKey: '_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db' };
  fine(await client.send('PUT', path, { plainDataObj: marked }, headers));
  fine(await client.send('PUT', path, { plainDataObj: { openAIApiKey: plant('a new field') } }, headers));
  await client.send('PUT', path, { plainDataObj: { openAIApiKey: [fields.openAIApiKey] } }, headers);
  for (const read of [path, `${path}/reveal`, '/api/v1/credentials', variables, `${native}/credentials`]) {
    fine(await client.send('GET', read, null, headers));
  }
  return name;
}

/** Flows with secrets in them: stored, saved, run, failing, and with what a caller brings. */
export async function doFlows(scene: Scene, headers: Headers, variable: string): Promise<void> {
  const { client, plant, round, providerUrl, references } = scene;
  for (const [what, literal] of Object.entries(flowLiterals)) plant(what, literal);
  const names = [variable, ...references.map((reference) => nameOf(reference, round))];
  for (const name of names) {
    const flow = await client.upload(JSON.stringify(secretFlow(name, `${openText} ${round}`)), headers);
    created(flow);
    const id = flow.body[0]?.id as string;
    const shown = await client.send<{ data: object }>('GET', `/api/v1/flows/${id}`, null, headers);
    fine(await client.send('PATCH', `/api/v1/flows/${id}`, { data: shown.body.data }, headers));
    fine(await client.send('PATCH', `/api/v1/flows/${id}`, { data: secretFlow(name)['data'] as object }, headers));
    fine(await client.run(id, { input_value: 'x', session_id: 's' }, headers));
    fine(await client.run(id, { input_value: 'x' }, headers, '?stream=true'));
    fine(await client.send('POST', `${native}/flows/${id}/runs`, { input: 'x' }, headers));
    const globals = { ...headers, [`x-langflow-global-var-${name}`]: plant('a global variable') };
    fine(await client.run(id, { input_value: 'x' }, globals));
    const tweak = (fields: object) => client.run(id, { input_value: 'x', tweaks: { 'Prompt-1': fields } }, headers);
    fine(await tweak({ literal: plant('a tweak') }));
    // Where stored credentials go is nobody's choice.
    expect((await tweak({ headers: { 'x-api-key': plant('a tweaked header') } })).status).toBe(400);
    expect((await client.run(id, { tweaks: [plant('a broken tweak')] }, headers)).status).toBe(422);
    await client.send('POST', `/api/v1/webhook/${id}`, { secret: plant('a webhook') }, headers);
  }
  const failing = await client.upload(JSON.stringify(tellTaleFlow(providerUrl)), headers);
  const id = failing.body[0]?.id as string;
  expect((await client.run(id, { input_value: 'x' }, headers)).status).toBe(502);
  fine(await client.run(id, { input_value: 'x' }, headers, '?stream=true'));
  const broken = await client.run(id, {}, { ...headers, 'x-langflow-global-var-': plant('a header without a name') });
  expect(broken.status).toBe(422);
  const unknown = secretFlow(variable);
  await client.upload(JSON.stringify({ ...unknown, data: { nodes: [{ id: 7 }], edges: [] } }), headers);
}
