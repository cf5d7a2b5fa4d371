import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestClock } from '@flowkeep/testing';
import { WorkerPool, type WorkerTask } from './index.ts';

const double: WorkerTask<number, number> = { name: 'double', run: (number) => number * 2 };
const fail: WorkerTask<string, never> = {
  name: 'fail',
  run: (message) => {
    throw new TypeError(message);
  },
};
const hang: WorkerTask<null, void> = {
  name: 'hang',
  run: () => {
    for (;;);
  },
};
const exit: WorkerTask<null, never> = { name: 'exit', run: () => process.exit(3) };
const fill: WorkerTask<null, number> = {
  name: 'fill',
  run: () => {
    const held: unknown[] = [];
    for (;;) held.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  },
};
const threadId: WorkerTask<null, number> = {
  name: 'threadId',
  run: () => process.getBuiltinModule('node:worker_threads').threadId,
};
const seesEnvironment: WorkerTask<null, number> = { name: 'environment', run: () => Object.keys(process.env).length };

describe('a worker pool', () => {
  let clock: TestClock;
  let pool: WorkerPool;

  beforeEach(() => {
    clock = new TestClock();
    pool = new WorkerPool({ clock, size: 2, queueLimit: 3, memoryMb: 32 });
  });
  afterEach(() => pool.close());

  it('gives back what the task makes of its input', async () => {
    expect(await pool.run(double, 21)).toBe(42);
  });

  it('runs on other threads, no more than it may have', async () => {
    const own = process.getBuiltinModule('node:worker_threads').threadId;
    const seen = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run(threadId, null)));
    expect(new Set(seen).size).toBe(2);
    expect(seen).not.toContain(own);
  });

  it('passes on what a task throws, and goes on', async () => {
    await expect(pool.run(fail, 'no')).rejects.toMatchObject({ name: 'TypeError', message: 'no' });
    expect(await pool.run(double, 1)).toBe(2);
  });

  it('turns work away when too much waits', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => pool.run(double, 1)));
    expect(results.map((result) => result.status)).toEqual([
      ...Array(5).fill('fulfilled'),
      ...Array(3).fill('rejected'),
    ]);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'busy' } });
  });

  it('ends a thread that takes too long, and replaces it', async () => {
    const hanging = [pool.run(hang, null), pool.run(hang, null)];
    const waiting = pool.run(double, 4);
    const ended = Promise.allSettled(hanging);
    await clock.advance(30_000);
    for (const result of await ended) expect(result).toMatchObject({ reason: { code: 'unavailable' } });
    expect(await waiting).toBe(8);
  });

  it('survives a thread that exits, and one that eats its memory', async () => {
    await expect(pool.run(exit, null)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(pool.run(fill, null)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await pool.run(double, 2)).toBe(4);
  });

  it('refuses an input that can not be copied', async () => {
    await expect(pool.run({ name: 'any', run: (input: unknown) => input }, () => 1)).rejects.toThrow(
      /could not be cloned/,
    );
    expect(await pool.run(double, 3)).toBe(6);
  });

  it('gives threads none of the environment', async () => {
    expect(await pool.run(seesEnvironment, null)).toBe(0);
  });

  it('lets the work under way end when it closes, and takes no more', async () => {
    const work = [1, 2, 3].map((number) => pool.run(double, number));
    const results = Promise.allSettled(work);
    await pool.close();
    expect((await results).map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    await expect(pool.run(double, 1)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('works from a bundle, and does not keep a program alive', () => {
    const directory = mkdtempSync(join(tmpdir(), 'flowkeep-test-'));
    const workspace = process.cwd();
    const entry = join(directory, 'entry.ts');
    writeFileSync(
      entry,
      `import { WorkerPool } from '${workspace}/libs/platform/workers/src/index.ts';
       import { SystemClock } from '${workspace}/libs/platform/config/src/clock.ts';
       const task = { name: 'sum', run: async (numbers: number[]) => { let sum = 0; for (const number of numbers) sum += number; return sum; } };
       console.log(await new WorkerPool({ clock: new SystemClock() }).run(task, [20, 22]));`,
    );
    const file = join(directory, 'bundle.mjs');
    const config = {
      input: entry,
      platform: 'node',
      tsconfig: join(workspace, 'tsconfig.base.json'),
      output: { file, format: 'esm', minify: true },
    };
    writeFileSync(join(directory, 'rolldown.config.mjs'), `export default ${JSON.stringify(config)};`);
    // Its own process: the bundler's native part does not take values made in a test's context.
    const node = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    const built = node('node_modules/rolldown/bin/cli.mjs', '-c', join(directory, 'rolldown.config.mjs'));
    const { stdout, stderr } = node('--no-warnings', file);
    rmSync(directory, { recursive: true });
    expect({ built: built.status, stdout, stderr }).toEqual({ built: 0, stdout: '42\n', stderr: '' });
  });
});
