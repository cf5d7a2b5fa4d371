import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropTestSchemas, startNats, type TestNats, testPostgresqlUrl } from '@flowkeep/testing';
import { eventually } from './eventually.ts';
import { Program } from './program.ts';

export type Mode = 'standalone' | 'distributed';
export type BackService = 'identity' | 'key-management' | 'credential-vault' | 'flow-runner';
/** The processes of an installation; a standalone one has only `standalone`. */
export type Part = BackService | 'gateway' | 'second gateway' | 'third gateway' | 'standalone';

export const password = 'canary-password-of-the-first-user';
export const secretKey = 'canary-secret-key-0123456789-ABCDEFGHIJ';

const backServices: readonly BackService[] = ['credential-vault', 'identity', 'key-management', 'flow-runner'];
const natsNames = {
  identity: 'identity',
  'key-management': 'keys',
  'credential-vault': 'vault',
  'flow-runner': 'runner',
  gateway: 'gateway',
  'second gateway': 'gateway',
  'third gateway': 'gateway',
} as const;

/** A whole installation under test, from outside: an address, its processes, and what it leaves behind. */
export interface Installation {
  readonly mode: Mode;
  readonly url: string;
  readonly dataDir: string;
  /** Its NATS server, and what its schemas' names begin with; distributed only. */
  readonly nats?: TestNats;
  readonly schemaPrefix?: string;
  /** Everything that crossed its NATS server, the fields that carry secrets blanked; distributed only. */
  traffic?(): Promise<string[]>;
  /** Everything any of its processes wrote. */
  logs(): string;
  /** Another gateway of the same installation; distributed only. */
  secondGateway(): Promise<string>;
  /** The process of a part, while it runs. */
  program(part: Part): Program;
  /** Ends a part as a crash does. */
  kill(part: Part): Promise<void>;
  /** Starts a part that was ended; its address if it has one. Doesn't wait until the installation is ready. */
  start(part: Part): Promise<string>;
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
  FLOWKEEP_CREATE_STARTER_PROJECTS: 'false',
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
  return {
    mode: 'standalone',
    get url() {
      return current.url;
    },
    dataDir,
    logs: () => all.map(({ text }) => text).join('\n'),
    secondGateway: () => Promise.reject(new Error('a standalone server has one gateway')),
    program: () => current.program,
    kill: () => current.program.kill(),
    start: async () => {
      current = await launch();
      return current.url;
    },
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
  const tap = await nats.tap();
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
  const running = new Map<Part, Program>();
  const migration = Program.start('cli', shared, ['db', 'migrate', '--distributed']);
  if ((await migration.exit()) !== 0) throw new Error(`migration failed:\n${migration.text}`);

  const launch = async (part: Exclude<Part, 'standalone'>) => {
    const app = natsNames[part] === 'gateway' ? 'gateway' : part;
    const own = { FLOWKEEP_NATS_PASSWORD: nats.password(natsNames[part]) };
    const program = Program.start(app, { ...shared, ...environment, ...own });
    all.push(program);
    running.set(part, program);
    return (await program.line(/"started":"[a-z]+"(?:,"url":"([^"]+)")?/))[1] ?? '';
  };
  const launchAll = async () => {
    await Promise.all(backServices.map(launch));
    return ready(await launch('gateway'));
  };
  const stopAll = async () => {
    // Gateways first: what they still have to answer needs the others.
    const last = (part: Part) => (backServices.includes(part as BackService) ? 1 : 0);
    for (const [part, program] of [...running].sort(([left], [right]) => last(left) - last(right))) {
      await program.stop();
      running.delete(part);
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
    nats,
    schemaPrefix,
    traffic: () => tap.texts(),
    secondGateway: async () => ready(await launch('second gateway')),
    program: (part) => running.get(part) as Program,
    kill: async (part) => {
      await running.get(part)?.kill();
      running.delete(part);
    },
    start: async (part) => {
      const started = await launch(part as Exclude<Part, 'standalone'>);
      if (part === 'gateway') url = started;
      return started;
    },
    restart: async () => {
      await stopAll();
      url = await launchAll();
    },
    stop: async () => {
      await stopAll();
      await tap.close();
      await nats.stop();
      await dropTestSchemas(schemaPrefix);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until the gateway at `url` reaches everything it needs. */
export async function ready(url: string): Promise<string> {
  const last = await eventually(
    () => fetch(`${url}/readyz`),
    ({ status }) => status === 200,
  );
  if (last.status !== 200) throw new Error(`not ready: ${await last.text()}`);
  return url;
}
