import { Worker } from 'node:worker_threads';
import { DomainError } from '@flowkeep/contracts';

/** One statement, run once for each of the rows. */
export interface RowWrites {
  /** With `?1`, `?2`… for the values of a row. */
  readonly sql: string;
  readonly rows: readonly (readonly (string | number | null)[])[];
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What is left of an error on its way between threads. */
interface Failure {
  readonly message: string;
  readonly code: string | undefined;
  readonly errcode: number | undefined;
}

/** How long a statement waits for another process that writes. */
const busyTimeoutMs = 2_000;

/**
 * The thread's program. Plain JavaScript, given to the thread as text, so that it works from source and in a bundle
 * alike. Null asks it to end.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const file = new DatabaseSync(workerData.path, { timeout: workerData.busyTimeoutMs });
file.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;');
const statements = new Map();
const prepare = (sql) => {
  if (!statements.has(sql)) statements.set(sql, file.prepare(sql));
  return statements.get(sql);
};
parentPort.on('message', (writes) => {
  if (writes === null) {
    statements.clear();
    file.close();
    parentPort.close();
    return;
  }
  try {
    file.exec('begin immediate');
    for (const { sql, rows } of JSON.parse(writes)) {
      const statement = prepare(sql);
      for (const row of rows) statement.run(...row);
    }
    file.exec('commit');
    parentPort.postMessage(null);
  } catch (error) {
    if (file.isTransaction) file.exec('rollback');
    parentPort.postMessage({ message: String(error?.message ?? error), code: error?.code, errcode: error?.errcode });
  }
});
`;

/**
 * Writes many rows into a SQLite file from a thread of its own, on its own connection, so that the event loop goes on
 * meanwhile. The thread starts with the first write.
 */
export class SqliteWriter {
  private worker: Worker | undefined;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly path: string) {}

  /**
   * Runs the statements in one transaction; resolves when it is committed.
   *
   * @param writes only statements the code has: each is kept prepared
   * @throws Error of SQLite with its `errcode`, and nothing is stored; DomainError `unavailable` when the thread ended
   *   on the way
   */
  write(writes: readonly RowWrites[]): Promise<void> {
    const text = JSON.stringify(writes);
    return new Promise((resolve, reject) => {
      this.worker ??= this.start();
      this.waiting.push({ resolve, reject });
      if (this.waiting.length === 1) this.worker.ref();
      this.worker.postMessage(text);
    });
  }

  /** Lets what is under way end. */
  async close(): Promise<void> {
    const { worker } = this;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage(null);
    await ended;
  }

  private start(): Worker {
    const worker = new Worker(program, {
      eval: true,
      env: {},
      execArgv: [],
      workerData: { path: this.path, busyTimeoutMs },
    });
    worker.unref();
    worker.on('message', (failure: Failure | null) => this.settle(worker, failure));
    // An error of the thread itself is followed by its exit.
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.once('exit', () => {
      this.worker = undefined;
      for (const { reject } of this.waiting.splice(0)) {
        reject(new DomainError('unavailable', { detail: 'the thread that writes has ended', cause }));
      }
    });
    return worker;
  }

  /** The thread answers in the order it was asked. */
  private settle(worker: Worker, failure: Failure | null): void {
    const first = this.waiting.shift();
    if (this.waiting.length === 0) worker.unref();
    if (failure === null) first?.resolve();
    else first?.reject(Object.assign(new Error(failure.message), { code: failure.code, errcode: failure.errcode }));
  }
}
