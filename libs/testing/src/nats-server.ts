import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { processEnvironment } from '@flowkeep/config';
import { natsConfig, type ServiceName, serviceNames } from '@flowkeep/contracts';
import { type NatsTap, openNatsTap } from './nats-tap.ts';

export interface TestNatsOptions {
  /** Without users every client may send and hear everything, under any prefix. */
  readonly users?: boolean;
}

/** A NATS server of its own, with the configuration that installations use. */
export interface TestNats {
  readonly url: string;
  /** The random bus prefix that its users are limited to. */
  readonly prefix: string;
  password(service: ServiceName): string;
  /** Hears everything that crosses it from now on. */
  tap(): Promise<NatsTap>;
  /** Ends the server at once, as a crash does; its address stays reserved for `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** `pause` and `resume`. */
  restart(): Promise<void>;
  /** Ends it and removes what was made for it. */
  stop(): Promise<void>;
}

/** The user of the test configuration that hears everything. */
const tapUser = 'tap';

/**
 * Starts a `nats-server` from the PATH on a free port.
 *
 * @throws Error when there is none
 */
export async function startNats({ users = true }: TestNatsOptions = {}): Promise<TestNats> {
  const directory = mkdtempSync(join(tmpdir(), 'flowkeep-nats-'));
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const passwords = new Map<string, string>(
    [...serviceNames, tapUser].map((name) => [name, randomBytes(24).toString('base64url')]),
  );
  const config = join(directory, 'nats.conf');
  writeFileSync(config, users ? natsConfig({ prefix, listeners: [tapUser] }) : 'max_payload: 1MB\n');
  const environment: Record<string, string | undefined> = { PATH: processEnvironment()['PATH'] };
  // Quoted, as the configuration asks for a password that may start with a digit.
  for (const [name, password] of passwords) {
    environment[`FLOWKEEP_NATS_PASSWORD_${name.toUpperCase()}`] = `"${password}"`;
  }
  let server: ChildProcess | undefined;
  let port = -1;
  const killServer = () => server?.kill('SIGKILL');
  process.once('exit', killServer);

  const resume = async () => {
    if (server !== undefined) return;
    server = spawn('nats-server', ['-c', config, '-a', '127.0.0.1', '-p', String(port)], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    port = await readyPort(server);
  };
  const pause = async () => {
    const ended = server;
    server = undefined;
    if (ended?.exitCode !== null || ended.signalCode !== null) return;
    ended.kill('SIGKILL');
    await once(ended, 'exit');
  };
  await resume();
  const url = `nats://127.0.0.1:${port}`;
  const password = (name: string) => passwords.get(name) as string;
  return {
    url,
    prefix,
    password,
    tap: () => openNatsTap({ url, prefix, ...(users ? { user: tapUser, pass: password(tapUser) } : {}) }),
    pause,
    resume,
    restart: async () => {
      await pause();
      await resume();
    },
    stop: async () => {
      process.off('exit', killServer);
      await pause();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until the server takes connections and answers on which port. */
function readyPort(server: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const written: string[] = [];
    let port = 0;
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`nats-server ended:\n${written.join('\n')}`)));
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (written.length < 100) written.push(line);
      port = Number(/Listening for client connections on \S+:(\d+)/.exec(line)?.[1] ?? port);
      if (line.includes('Server is ready')) resolve(port);
    });
  });
}
