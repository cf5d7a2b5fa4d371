import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Server } from './processes.ts';
import { onPostgresql, postgresqlStore, sqliteStore, type Store } from './store.ts';

const root = resolve(import.meta.dirname, '../..');
/** Of the user `bench`. */
export const password = 'the password of the bench';

const settings = {
  FLOWKEEP_PORT: '0',
  FLOWKEEP_SUPERUSER: 'bench',
  FLOWKEEP_SUPERUSER_PASSWORD: password,
  FLOWKEEP_SECRET_KEY: randomBytes(32).toString('base64url'),
  FLOWKEEP_LOG_LEVEL: 'warn',
  FLOWKEEP_CREATE_STARTER_PROJECTS: 'false',
  FLOWKEEP_SSRF_ALLOWED_HOSTS: '127.0.0.1',
};

const started = /"started":"[a-z]+"(?:,"url":"([^"]+)")?/;

/** A Flowkeep under load, with a key and an echo flow. */
export interface Target {
  readonly urls: readonly string[];
  readonly servers: readonly Server[];
  readonly key: string;
  readonly flowId: string;
  readonly store: Store;
  stop(): Promise<void>;
}

export async function standalone(environment: Record<string, string> = {}): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), 'flowkeep-bench-'));
  const server = await Server.start(main('standalone'), [], /running at (\S+)/, {
    ...settings,
    FLOWKEEP_DATA_DIR: directory,
    ...environment,
  });
  return prepare([server.url], [server], sqliteStore(directory), async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
}

/** Over the NATS and PostgreSQL servers that the addresses name, with as many gateways as asked. */
export async function distributed(natsUrl: string, databaseUrl: string, gateways: number): Promise<Target> {
  const name = randomBytes(4).toString('hex');
  const environment = {
    ...settings,
    FLOWKEEP_NATS_URL: natsUrl,
    FLOWKEEP_BUS_PREFIX: `bench${name}`,
    FLOWKEEP_DATABASE_URL: databaseUrl,
    FLOWKEEP_DATABASE_SCHEMA_PREFIX: `bench_${name}_`,
  };
  await migrate(environment);
  const start = (app: string) => Server.start(main(app), [], started, environment);
  const behind = await Promise.all(['credential-vault', 'identity', 'key-management', 'flow-runner'].map(start));
  const edges: Server[] = [];
  for (let index = 0; index < gateways; index++) edges.push(await start('gateway'));
  const urls = edges.map(({ url }) => url);
  return prepare(urls, [...edges, ...behind], postgresqlStore(databaseUrl, `bench_${name}_`), async () => {
    for (const server of [...edges, ...behind]) await server.stop();
    await dropSchemas(databaseUrl, `bench_${name}_`);
  });
}

function main(app: string): string {
  return join(root, 'dist/apps', app, 'main.js');
}

async function prepare(
  urls: readonly string[],
  servers: readonly Server[],
  store: Store,
  stop: () => Promise<void>,
): Promise<Target> {
  const [url] = urls as [string];
  const key = (await createKey(url)).api_key;
  return { urls, servers, key, flowId: await uploadEcho(url, key), store, stop };
}

async function uploadEcho(url: string, key: string): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([await readFile(join(root, 'examples/echo.json'))]), 'echo.json');
  const uploaded = await fetch(`${url}/api/v1/flows/upload/`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: form,
  });
  const [flow] = (await uploaded.json()) as [{ id: string }];
  return flow.id;
}

export interface Person {
  readonly userId: string;
  /** Of a session. */
  readonly token: string;
  readonly key: string;
  readonly flowId: string;
}

interface CreatedKey {
  readonly id: string;
  readonly api_key: string;
}

/** Somebody else, with a key and an echo flow of their own. */
export async function addPerson({ urls, key }: Target, username: string): Promise<Person> {
  const [url] = urls as [string];
  const added = await fetch(`${url}/api/flowkeep/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ username, password, active: true }),
  });
  if (added.status !== 201) throw new Error(`no user was made: ${added.status}`);
  const { id: userId } = (await added.json()) as { id: string };
  const token = await signIn(url, username);
  const own = (await createKeyWith(url, token)).api_key;
  return { userId, token, key: own, flowId: await uploadEcho(url, own) };
}

/** A fresh key, through the gateway at `url`. */
export async function createKey(url: string): Promise<CreatedKey> {
  return createKeyWith(url, await signIn(url, 'bench'));
}

async function signIn(url: string, username: string): Promise<string> {
  const body = new URLSearchParams({ username, password });
  const login = await fetch(`${url}/api/v1/login`, { method: 'POST', body });
  return ((await login.json()) as { access_token: string }).access_token;
}

async function createKeyWith(url: string, token: string): Promise<CreatedKey> {
  const created = await fetch(`${url}/api/v1/api_key/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: 'bench' }),
  });
  return (await created.json()) as CreatedKey;
}

async function migrate(environment: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [main('cli'), 'db', 'migrate', '--distributed'], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((done) => child.once('exit', done));
  if (code !== 0) throw new Error('the migration failed');
}

function dropSchemas(databaseUrl: string, prefix: string): Promise<void> {
  return onPostgresql(databaseUrl, async (execute) => {
    for (const service of ['identity', 'keys', 'vault', 'runner']) {
      const name = `${prefix}${service}`;
      await execute(`drop schema if exists ${name} cascade; drop role if exists flowkeep_${name}`);
    }
  });
}
