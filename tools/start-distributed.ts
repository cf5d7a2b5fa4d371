import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { serverFlags } from './node-flags.ts';

/** A service that ends by itself is started again after this pause. */
const restartPauseMs = 1_000;

/** The name a service's password for NATS may have while all five share one environment. */
const natsNames: Readonly<Record<string, string>> = {
  gateway: 'GATEWAY',
  identity: 'IDENTITY',
  'key-management': 'KEYS',
  'credential-vault': 'VAULT',
  'flow-runner': 'RUNNER',
};

/**
 * Migrates, then runs every service as a process of its own on this machine until Ctrl-C: then the gateway drains first,
 * the others after it. A service that ends by itself is started again.
 */
export async function runDistributed(
  root: string,
  services: readonly string[],
  args: readonly string[],
): Promise<void> {
  const migrated = await exitOf(launch(root, 'cli', ['db', 'migrate', '--distributed', ...args]));
  if (migrated !== 0) process.exit(migrated);
  const children = new Map<string, ChildProcess>();
  let stopping = false;

  const start = (service: string) => {
    const child = launch(root, service, args, (url) => void welcome(url));
    children.set(service, child);
    child.once('exit', (code) => {
      if (stopping) return;
      if (code === 2) {
        void stop(2);
        return;
      }
      process.stderr.write(`${service} ended (${String(code)}), starting it again\n`);
      setTimeout(() => start(service), restartPauseMs);
    });
  };

  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    // The gateway was started last: what it still has to answer needs the others.
    for (const service of services.toReversed()) {
      const child = children.get(service);
      if (child?.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await exitOf(child);
    }
    process.exit(code);
  };

  process.on('SIGINT', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  services.forEach(start);
}

/** Says where the server is once it reaches everything it needs. */
async function welcome(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  process.stdout.write(
    `\nFlowkeep is running at ${url}\n\nOpen it in a browser, or try it here:\n  curl ${url}/health_check\n\n`,
  );
}

function launch(root: string, app: string, args: readonly string[], onUrl?: (url: string) => void): ChildProcess {
  const name = natsNames[app];
  const password = name === undefined ? undefined : process.env[`FLOWKEEP_NATS_PASSWORD_${name}`];
  const child = spawn(process.execPath, [...serverFlags, resolve(root, 'dist/apps', app, 'main.js'), ...args], {
    // A group of its own: Ctrl-C reaches the launcher alone, which then stops the services in order.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...(password === undefined ? {} : { FLOWKEEP_NATS_PASSWORD: password }) },
  });
  child.on('message', (message: { url?: string }) => {
    if (message.url !== undefined) onUrl?.(message.url);
  });
  return child;
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((done) => {
    if (child.exitCode !== null) done(child.exitCode);
    child.once('exit', (code) => done(code ?? 1));
  });
}
