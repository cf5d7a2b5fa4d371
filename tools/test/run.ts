import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** How one suite went. A suite that is no Jest run counts as one test. */
export interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const root = resolve(import.meta.dirname, '../..');

/** Runs one suite to its end, showing what it writes. */
export async function run(
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  console.log(`\n=== ${name}`);
  const directory = await mkdtemp(join(tmpdir(), 'flowkeep-test-'));
  const report = join(directory, 'report.json');
  const jest = command === 'jest';
  const started = performance.now();
  const code = await exitCode(command, jest ? [...args, '--json', `--outputFile=${report}`, '--silent'] : args, {
    ...environment,
    ...(jest ? { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' } : {}),
  });
  const seconds = (performance.now() - started) / 1000;
  const result = jest ? await readReport(report) : null;
  await rm(directory, { recursive: true, force: true });
  if (result === null) return { name, seconds, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
  const cases = result.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    name,
    seconds,
    passed: result.numPassedTests,
    // Jest can also end badly without a failed case, for example on an unhandled rejection.
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: cases.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName),
  };
}

async function readReport(path: string): Promise<JestReport | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JestReport;
  } catch {
    return null;
  }
}

function exitCode(command: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(command, args, {
    cwd: root,
    // Standard output is dropped for Jest's --json report, which it repeats there.
    stdio: ['ignore', command === 'jest' ? 'ignore' : 'inherit', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', ...environment, PATH: path },
  });
  return new Promise<number>((done) => {
    child.once('error', () => done(1));
    child.once('exit', (code) => done(code ?? 1));
  });
}
