import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropTestSchemas, startNats, testPostgresqlUrl } from '@flowkeep/testing';
import { eventually } from './eventually.ts';
import { Program } from './program.ts';

export type Mode = 'standalone' | 'distributed';
export type BackService = 'identity' | 'key-management' | 'credential-vault' | 'flow-runner';

export const password = 'canary-password-of-the-first-user';
export const secretKey = 'canary-secret-key-0123456789-ABCDEFGHIJ';

const backServices: readonly BackService[] = ['credential-vault', 'identity', 'key-management', 'flow-runner'];
const natsNames = {
  identity: 'identity',
  'key-management': 'keys',
  'credential-vault': 'vault',
  'flow-runner': 'runner',
} as const;

/** A whole installation under test, from outside: an address, its processes, and what it leaves behind. */
export interface Installation {
  readonly mode: Mode;
  readonly url: string;
  readonly dataDir: string;
  /** Everything any of its processes wrote. */
  logs(): string;
  /** Another gateway of the same installation; distributed only. */
  secondGateway(): Promise<string>;
  kill(service: BackService): Promise<void>;
  start(service: BackService): Promise<void>;
  /** Ends gracefully and starts again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function startInstallation(mode: Mode, environment: Record<string, string> = {}): Promise<Installation> {
  return mode === 'standalone' ? startStandalone(environment) : startDistributed(environment);
}

const common = {
  FLOWKEEP_HOST: '127.0.0.1',
  FLOWKEEP_PORT: '0',
  FLOWKEEP_SUPERUSER: 'ada',
  FLOWKEEP_SUPERUSER_PASSWORD: password,
  FLOWKEEP_SECRET_KEY: secretKey,
  FLOWKEEP_LOG_LEVEL: 'debug',
};

async function startStandalone(environment: Record<string, string>): Promise<Installation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
  const all: Program[] = [];
  const launch = async () => {
    const program = Program.start('standalone', { ...common, FLOWKEEP_DATA_DIR: dataDir, ...environment });
    all.push(program);
    const [, url] = await program.line(/running at (\S+)/);
    return { program, url: await ready(url as string) };
  };
  let current = await launch();
  const only = () => Promise.reject(new Error('a standalone server has no services of its own to kill or add'));
  return {
    mode: 'standalone',
    get url() {
      return current.url;
    },
    dataDir,
    logs: () => all.map(({ text }) => text).join('\n'),
    secondGateway: only,
    kill: only,
    start: only,
    restart: async () => {
      await current.program.stop();
      current = await launch();
    },
    stop: async () => {
      await current.program.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function startDistributed(environment: Record<string, string>): Promise<Installation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
  const nats = await startNats();
  const schemaPrefix = `e2e_${randomBytes(4).toString('hex')}_`;
  const shared = {
    ...common,
    FLOWKEEP_DATA_DIR: dataDir,
    FLOWKEEP_NATS_URL: nats.url,
    FLOWKEEP_BUS_PREFIX: nats.prefix,
    FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
    FLOWKEEP_DATABASE_SCHEMA_PREFIX: schemaPrefix,
    ...environment,
  };
  const all: Program[] = [];
  const running = new Map<string, Program>();
  const migration = Program.start('cli', shared, ['db', 'migrate', '--distributed']);
  if ((await migration.exit()) !== 0) throw new Error(`migration failed:\n${migration.text}`);

  const launch = async (app: string, natsName: Parameters<typeof nats.password>[0], name = app) => {
    const program = Program.start(app, { ...shared, FLOWKEEP_NATS_PASSWORD: nats.password(natsName) });
    all.push(program);
    running.set(name, program);
    return (await program.line(/"started":"[a-z]+"(?:,"url":"([^"]+)")?/))[1] ?? '';
  };
  const launchAll = async () => {
    await Promise.all(backServices.map((service) => launch(service, natsNames[service])));
    return ready(await launch('gateway', 'gateway'));
  };
  const stopAll = async () => {
    // Gateways first: what they still have to answer needs the others.
    for (const [name, program] of [...running].toReversed()) {
      await program.stop();
      running.delete(name);
    }
  };
  let url = await launchAll();
  return {
    mode: 'distributed',
    get url() {
      return url;
    },
    dataDir,
    logs: () => all.map(({ text }) => text).join('\n'),
    secondGateway: async () => ready(await launch('gateway', 'gateway', 'second gateway')),
    kill: async (service) => {
      await running.get(service)?.kill();
      running.delete(service);
    },
    start: async (service) => {
      await launch(service, natsNames[service]);
    },
    restart: async () => {
      await stopAll();
      url = await launchAll();
    },
    stop: async () => {
      await stopAll();
      await nats.stop();
      await dropTestSchemas(schemaPrefix);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until the gateway at `url` reaches everything it needs. */
async function ready(url: string): Promise<string> {
  const last = await eventually(
    () => fetch(`${url}/readyz`),
    ({ status }) => status === 200,
  );
  if (last.status !== 200) throw new Error(`not ready: ${await last.text()}`);
  return url;
}
