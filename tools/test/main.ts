import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { run, type Outcome } from './run.ts';
import { provide } from './provide.ts';

/**
 * The test command: lint, types, unit and service tests, a build, and the end-to-end tests, each held to its time
 * budget. The last line says how much passed.
 *
 * Usage: node tools/test/main.ts [--long]
 */
const root = resolve(import.meta.dirname, '../..');
const long = process.argv.includes('--long');

const budgets = JSON.parse(await readFile(resolve(root, 'tools/ci-budget.json'), 'utf8')) as Record<
  string,
  { seconds: number }
>;

const parts = await provide();
for (const note of parts.notes) console.log(note);

const environment = { ...parts.environment, ...(long ? { FLOWKEEP_TEST_LONG: 'true' } : {}) };
const outcomes: Outcome[] = [];
try {
  outcomes.push(await run('lint', ['npm', 'run', '--silent', 'lint'], environment));
  outcomes.push(await run('typecheck', ['npm', 'run', '--silent', 'typecheck'], environment));
  outcomes.push(await run('unit and service tests', ['jest', 'libs', 'tools'], environment));
  outcomes.push(await run('build', ['nx', 'run-many', '-t', 'build'], environment));
  // One at a time: each installation under test is five processes on two cores.
  outcomes.push(await run('end-to-end tests', ['jest', 'apps', '--runInBand'], environment));
} finally {
  await parts.stop();
}

console.log('\nTime (budget in tools/ci-budget.json):');
let overBudget = 0;
for (const { name, seconds } of outcomes) {
  const budget = budgets[name]?.seconds ?? 0;
  const over = seconds > budget;
  if (over) overBudget++;
  console.log(`  ${name}: ${seconds.toFixed(0)} s of ${budget} s${over ? '  OVER BUDGET' : ''}`);
}
for (const name of outcomes.flatMap(({ skipped }) => skipped)) console.log(`  skipped: ${name}`);

const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
if (overBudget > 0) console.log(`\n${overBudget} over their time budget (a warning: machines differ)`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
