import { AnsweringThread, type ThreadProgram } from '@flowkeep/workers';

/** One statement, run once for each of the rows. */
export interface RowWrites {
  /** With `?1`, `?2`… for the values of a row. */
  readonly sql: string;
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** How long a statement waits for another process that writes. */
const busyTimeoutMs = 2_000;

const writeAll: ThreadProgram<{ path: string; busyTimeoutMs: number }, string, null> = (input) => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = new DatabaseSync(input.path, { timeout: input.busyTimeoutMs });
  file.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;');
  const statements = new Map<string, ReturnType<typeof file.prepare>>();
  return {
    answer: (writes) => {
      file.exec('begin immediate');
      try {
        for (const { sql, rows } of JSON.parse(writes) as RowWrites[]) {
          let statement = statements.get(sql);
          if (statement === undefined) statements.set(sql, (statement = file.prepare(sql)));
          for (const row of rows) statement.run(...row);
        }
        file.exec('commit');
        return null;
      } catch (error) {
        if (file.isTransaction) file.exec('rollback');
        throw error;
      }
    },
    end: () => {
      statements.clear();
      file.close();
    },
  };
};

/**
 * Writes many rows into a SQLite file from a thread of its own, on its own connection, so that the event loop goes on
 * meanwhile. The thread starts with the first write.
 */
export class SqliteWriter {
  private readonly thread: AnsweringThread<{ path: string; busyTimeoutMs: number }, string, null>;

  constructor(path: string) {
    this.thread = new AnsweringThread('writing rows', writeAll, { path, busyTimeoutMs });
  }

  /**
   * Runs the statements in one transaction; resolves when it is committed.
   *
   * @param writes only statements the code has: each is kept prepared
   * @throws Error of SQLite with its `errcode`, and nothing is stored; DomainError `unavailable` when the thread ended
   *   on the way
   */
  async write(writes: readonly RowWrites[]): Promise<void> {
    // As one text: to copy every value by itself costs several times as much.
    await this.thread.ask(JSON.stringify(writes));
  }

  /** Lets what is under way end. */
  close(): Promise<void> {
    return this.thread.close();
  }
}
