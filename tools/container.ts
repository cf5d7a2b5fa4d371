import { resolve } from 'node:path';
import { programs } from './container-programs.ts';
import { serverFlags } from './node-flags.ts';

/**
 * What a container runs: the first argument chooses the program, the others are its own. The program takes this process's
 * place, so that it gets the signals and nothing else stays in memory.
 *
 * Usage: node tools/container.ts <program> [arguments]
 */
const [name = '', ...rest] = process.argv.slice(2);
const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
if (program === undefined || process.execve === undefined) {
  process.stderr.write(`usage: <program> [arguments], a program being ${Object.keys(programs).join(', ')}\n`);
  process.exit(2);
}
const [app, ...args] = program;
const main = resolve(import.meta.dirname, '..', 'dist/apps', app, 'main.js');
process.execve(process.execPath, [process.execPath, ...serverFlags, main, ...args, ...rest]);
