import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { serverFlags } from './node-flags.ts';
import { runWatching } from './watch.ts';

/**
 * Builds what is needed (from the cache where nothing changed) and runs it.
 *
 * Usage: node tools/start.ts standalone|distributed|cli [arguments]
 *
 * `standalone --watch` builds and starts again whenever a source changes.
 */
const root = resolve(import.meta.dirname, '..');
const services = ['credential-vault', 'identity', 'key-management', 'flow-runner', 'gateway'];

const [asked, ...rest] = process.argv.slice(2);
// `flowkeep run` is the server itself.
const [target, args] = asked === 'cli' && rest[0] === 'run' ? ['standalone', rest.slice(1)] : [asked, rest];

switch (target) {
  case 'standalone':
    if (args[0] === '--watch') {
      const start = () => launch('standalone', args.slice(1));
      process.exit(await runWatching({ root, build: () => build(['standalone', 'admin']), start }));
    }
    await buildOrExit(['standalone', 'admin']);
    process.exit(await run('standalone', args));
    break;
  case 'cli':
    await buildOrExit(['cli']);
    process.exit(await run('cli', args));
    break;
  case 'distributed': {
    await buildOrExit([...services.map(projectOf), 'admin', 'cli']);
    const { runDistributed } = await import('./start-distributed.ts');
    await runDistributed(root, services, args);
    break;
  }
  default:
    process.stderr.write('usage: node tools/start.ts standalone|distributed|cli [arguments]\n');
    process.exit(2);
}

function projectOf(folder: string): string {
  return `${folder}-app`;
}

async function buildOrExit(projects: readonly string[]): Promise<void> {
  if (!(await build(projects))) process.exit(1);
}

/** Tells whether the build succeeded, and if not shows what it said. */
async function build(projects: readonly string[]): Promise<boolean> {
  // Not to the output: a command's own is often read by another.
  process.stderr.write('Building Flowkeep (only what changed) ...\n');
  const nx = resolve(root, 'node_modules/.bin/nx');
  const child = spawn(process.execPath, [nx, 'run-many', '-t', 'build', '-p', projects.join(',')], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  if ((await exitOf(child)) === 0) return true;
  process.stderr.write(Buffer.concat(output));
  return false;
}

/** Runs a built app in this terminal until it ends; signals reach it through here. */
async function run(app: string, args: readonly string[]): Promise<number> {
  const child = launch(app, args);
  process.on('SIGINT', () => child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return exitOf(child);
}

/** Detached, so that Ctrl+C in the terminal reaches it once, through here. */
function launch(app: string, args: readonly string[]): ChildProcess {
  const main = resolve(root, 'dist/apps', app, 'main.js');
  return spawn(process.execPath, [...serverFlags, main, ...args], { stdio: 'inherit', detached: true });
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolveExit) => {
    child.once('error', () => resolveExit(1));
    child.once('exit', (code, signal) => resolveExit(code ?? (signal === null ? 0 : 1)));
  });
}
