/**
 * Work that a worker thread does: its input and output are copied between threads.
 *
 * The function's own text is what runs there, so it must stand alone: nothing from outside it but its input and what
 * every thread has (`process.getBuiltinModule`, `import()` of a built-in). In return it works from source, in tests
 * and in a bundle alike: there is no second file to find and no loader to start. Don't name inner functions or
 * classes: bundlers add calls of their own to those.
 */
export interface WorkerTask<Input, Output> {
  /** For messages and logs. */
  readonly name: string;
  readonly run: (input: Input) => Output | Promise<Output>;
}

/** What a thread is asked, and what it answers. */
export interface Assignment {
  readonly text: string;
  readonly input: unknown;
}

export type Outcome = { readonly output: unknown } | { readonly error: { name: string; message: string } };

/**
 * The program of every thread. Plain JavaScript, given to the thread as text; each task's function is compiled once.
 */
export const workerProgram = `
const { parentPort } = require('node:worker_threads');
const tasks = new Map();
parentPort.on('message', async ({ text, input }) => {
  try {
    if (!tasks.has(text)) tasks.set(text, (0, eval)('(' + text + ')'));
    parentPort.postMessage({ output: await tasks.get(text)(input) });
  } catch (error) {
    parentPort.postMessage({ error: { name: String(error?.name ?? 'Error'), message: String(error?.message ?? error) } });
  }
});
`;
