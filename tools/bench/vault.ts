import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { serverFlags } from '../node-flags.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const program = 'tools/bench/servers/vault';

/** What runs wait for their credentials, in milliseconds, and how fast values are encrypted anew meanwhile. */
export interface VaultFigures {
  readonly values: number;
  readonly aloneP50Ms: number;
  readonly idleP99Ms: number;
  readonly busyP50Ms: number;
  readonly busyP99Ms: number;
  readonly valuesPerSecond: number;
}

/**
 * Measures a vault on SQLite: what 10 credentials of a flow take by themselves, and at 500 questions a second with and
 * without a change of data keys.
 *
 * @param values how many there are to encrypt anew
 */
export async function vaultFigures(values: number): Promise<VaultFigures> {
  await run(process.execPath, ['tools/build.ts', program], { cwd: root });
  const main = resolve(root, 'dist', program, 'main.js');
  const { stdout } = await run(process.execPath, [...serverFlags, main, String(values)], { cwd: root });
  return JSON.parse(stdout) as VaultFigures;
}

/** The same as rows of the report. */
export function vaultRows(figures: VaultFigures): string[] {
  const ms = (value: number) => value.toFixed(2);
  return [
    '10 credentials of a flow, vault on SQLite over the in-process bus; p99 at 500 questions a second:',
    '',
    '| | p50 ms | p99 ms | values/s encrypted anew |',
    '|---|---|---|---|',
    `| one after the other | ${ms(figures.aloneP50Ms)} | | |`,
    `| nothing else going on | | ${ms(figures.idleP99Ms)} | |`,
    `| while the data keys of ${figures.values} values are changed | ${ms(figures.busyP50Ms)} | ${ms(figures.busyP99Ms)} | ${figures.valuesPerSecond.toFixed(0)} |`,
  ];
}
