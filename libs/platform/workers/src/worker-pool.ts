import { Worker } from 'node:worker_threads';
import type { Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';
import { type Assignment, type Outcome, workerProgram, type WorkerTask } from './worker-task.ts';

export interface WorkerPoolOptions {
  readonly clock: Clock;
  /** Threads at most; they start when first needed and stay. 2 by default. */
  readonly size?: number;
  /** How many pieces of work may wait; 64 by default. */
  readonly queueLimit?: number;
  /** How long one piece may take before its thread is ended; 30 s by default. */
  readonly timeoutMs?: number;
  /** Of each thread; work that needs more ends its thread and nothing else. 256 MB by default. */
  readonly memoryMb?: number;
}

interface Job {
  readonly name: string;
  readonly assignment: Assignment;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs long or dangerous work on a few threads, so that the event loop goes on. */
export class WorkerPool {
  private readonly size: number;
  private readonly queueLimit: number;
  private readonly timeoutMs: number;
  private readonly memoryMb: number;
  private readonly clock: Clock;
  private readonly idle: Worker[] = [];
  private readonly workers = new Set<Worker>();
  private readonly running = new Set<Promise<void>>();
  private queue: Job[] = [];
  private closed = false;

  constructor(options: WorkerPoolOptions) {
    this.clock = options.clock;
    this.size = options.size ?? 2;
    this.queueLimit = options.queueLimit ?? 64;
    this.timeoutMs = options.timeoutMs ?? 30_000;
    this.memoryMb = options.memoryMb ?? 256;
  }

  /**
   * Runs `task` on a thread.
   *
   * @param input copied to the thread
   * @throws DomainError `busy` when too many wait, `unavailable` when the pool is closed or the thread was ended for
   *   its time or memory; an Error with name and message of what the task threw
   */
  run<Input, Output>(task: WorkerTask<Input, Output>, input: Input): Promise<Output> {
    if (this.closed) return Promise.reject(ended(task.name, 'the pool is closed'));
    if (this.queue.length >= this.queueLimit) {
      return Promise.reject(new DomainError('busy', { detail: `too much work waits for ${task.name}` }));
    }
    return new Promise<Output>((resolve, reject) => {
      const assignment = { text: task.run.toString(), input };
      this.queue.push({ name: task.name, assignment, resolve: resolve as (output: unknown) => void, reject });
      this.next();
    });
  }

  /** Lets the work under way end, refuses what waits, and ends the threads. */
  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.queue) job.reject(ended(job.name, 'the pool is closed'));
    this.queue = [];
    await Promise.all(this.running);
    await Promise.all([...this.workers].map((worker) => worker.terminate()));
  }

  private next(): void {
    while (this.queue.length > 0) {
      const worker = this.idle.pop() ?? this.start();
      if (worker === undefined) return;
      const job = this.queue.shift() as Job;
      const work = this.work(worker, job).finally(() => {
        this.running.delete(work);
        this.next();
      });
      this.running.add(work);
    }
  }

  private start(): Worker | undefined {
    if (this.workers.size >= this.size) return undefined;
    const resourceLimits = { maxOldGenerationSizeMb: this.memoryMb };
    const worker = new Worker(workerProgram, { eval: true, env: {}, execArgv: [], resourceLimits });
    worker.unref();
    this.workers.add(worker);
    worker.once('exit', () => this.workers.delete(worker));
    return worker;
  }

  /** Never rejects. A thread that answered is free again; any other is ended, and one starts in its place when needed. */
  private async work(worker: Worker, job: Job): Promise<void> {
    try {
      const outcome = await this.outcomeOf(worker, job);
      this.idle.push(worker);
      if ('output' in outcome) job.resolve(outcome.output);
      else job.reject(Object.assign(new Error(outcome.error.message), { name: outcome.error.name }));
    } catch (error) {
      await worker.terminate();
      this.workers.delete(worker);
      job.reject(error);
    }
  }

  private async outcomeOf(worker: Worker, { name, assignment }: Job): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const onError = (error: Error) => reject(ended(name, error.message));
    const onExit = () => reject(ended(name, 'its thread ended'));
    const cancelTimer = this.clock.after(this.timeoutMs, () =>
      reject(ended(name, `it took over ${this.timeoutMs} ms`)),
    );
    worker.once('message', resolve);
    worker.once('messageerror', onError);
    worker.once('error', onError);
    worker.once('exit', onExit);
    worker.ref();
    try {
      // An input that can't be copied throws here.
      worker.postMessage(assignment);
      return await promise;
    } finally {
      cancelTimer();
      worker.unref();
      worker.off('message', resolve);
      worker.off('messageerror', onError);
      worker.off('error', onError);
      worker.off('exit', onExit);
    }
  }
}

function ended(name: string, why: string): DomainError {
  return new DomainError('unavailable', { detail: `${name}: ${why}` });
}
