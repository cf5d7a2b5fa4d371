import type { ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import { resolve } from 'node:path';

/** An editor's save is several changes; they count as one when no other follows for this long. */
const quietMs = 200;

interface Watched {
  readonly root: string;
  /** Builds, says what failed, and tells whether nothing did. */
  readonly build: () => Promise<boolean>;
  readonly start: () => ChildProcess;
}

/**
 * Runs a server for development: rebuilds when a source changes and starts it anew. A build that fails leaves the running
 * server alone; a server that ends by itself is started again after the next change.
 *
 * @returns its exit code, once the terminal or the system asks it to stop
 */
export async function runWatching({ root, build, start }: Watched): Promise<number> {
  let wake = () => {};
  let saves = 0;
  let built = 0;
  let signalled: NodeJS.Signals | undefined;
  let timer: NodeJS.Timeout | undefined;
  const isBehind = () => saves !== built;
  const askedToStop = () => signalled;

  const watchers = ['libs', 'apps'].map((folder) =>
    watch(resolve(root, folder), { recursive: true }, (_event, file) => {
      if (file === null || !/\.(ts|json|html|scss)$/.test(file) || /\.(spec|spec-stand|e2e)\.ts$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        saves++;
        wake();
      }, quietMs);
    }),
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      signalled = signal;
      wake();
    });
  }

  let server = (await build()) ? start() : undefined;
  while (askedToStop() === undefined) {
    if (!isBehind()) {
      await new Promise<void>((resolveWake) => (wake = resolveWake));
      continue;
    }
    built = saves;
    // Another save during the build is built before anything is started, and a stop starts nothing more.
    if (!(await build()) || isBehind() || askedToStop() !== undefined) continue;
    if (server !== undefined) await end(server, 'SIGTERM');
    server = start();
  }
  clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
  return server === undefined ? 0 : end(server, askedToStop());
}

/** Asks a server to stop and waits until it did. */
async function end(server: ChildProcess, signal?: NodeJS.Signals): Promise<number> {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = new Promise((resolveExit) => server.once('exit', resolveExit));
    server.kill(signal);
    await ended;
  }
  return server.exitCode ?? 1;
}
