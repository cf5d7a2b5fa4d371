import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { serverFlags } from './node-flags.ts';

/**
 * Builds what is needed (from the cache where nothing changed) and runs it.
 *
 * Usage: node tools/start.ts standalone|distributed|cli [arguments]
 */
const root = resolve(import.meta.dirname, '..');
const services = ['credential-vault', 'identity', 'key-management', 'flow-runner', 'gateway'];

const [asked, ...rest] = process.argv.slice(2);
// `flowkeep run` is the server itself.
const [target, args] = asked === 'cli' && rest[0] === 'run' ? ['standalone', rest.slice(1)] : [asked, rest];

switch (target) {
  case 'standalone':
    await build(['standalone']);
    process.exit(await run('standalone', args));
    break;
  case 'cli':
    await build(['cli']);
    process.exit(await run('cli', args));
    break;
  case 'distributed': {
    await build([...services.map(projectOf), 'cli']);
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

async function build(projects: readonly string[]): Promise<void> {
  process.stdout.write('Building Flowkeep (only what changed) ...\n');
  const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
  const child = spawn(process.execPath, [nx, 'run-many', '-t', 'build', '-p', projects.join(',')], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  if ((await exitOf(child)) === 0) return;
  process.stderr.write(Buffer.concat(output));
  process.exit(1);
}

/** Runs a built app in this terminal until it ends; signals reach it through here. */
async function run(app: string, args: readonly string[]): Promise<number> {
  const main = resolve(root, 'dist/apps', app, 'main.js');
  const child = spawn(process.execPath, [...serverFlags, main, ...args], { stdio: 'inherit', detached: true });
  process.on('SIGINT', () => child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return exitOf(child);
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolveExit) => {
    child.once('error', () => resolveExit(1));
    child.once('exit', (code, signal) => resolveExit(code ?? (signal === null ? 0 : 1)));
  });
}
