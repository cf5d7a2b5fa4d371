import { AnsweringThread, type ThreadProgram } from '@flowkeep/workers';

export type RowValue = string | number | null;

/** One statement, run once for each of the rows. */
export interface RowWrites {
  /** With `?1`, `?2`… for the values of a row. */
  readonly sql: string;
  readonly rows: readonly (readonly (RowValue | readonly (readonly RowValue[])[])[])[];
  /** Set when behind the values of each row stand the rows that belong to it. */
  readonly children?: {
    /** Run for each of those: first with what it has of its row, then with its own values. */
    readonly sql: string;
    /** Places in the row, from 0, of what a child has of it. */
    readonly inherited: readonly number[];
  };
}

/** How long a statement waits for another process that writes. */
const busyTimeoutMs = 2_000;

const writeAll: ThreadProgram<{ path: string; busyTimeoutMs: number }, string, null> = (input) => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = new DatabaseSync(input.path, { timeout: input.busyTimeoutMs });
  file.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;');
  const statements = new Map<string, ReturnType<typeof file.prepare>>();
  const prepared = (sql: string) => {
    const statement = statements.get(sql) ?? file.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const write = ({ sql, rows, children }: RowWrites) => {
    const statement = prepared(sql);
    if (children === undefined) {
      for (const row of rows as RowValue[][]) statement.run(...row);
      return;
    }
    const child = prepared(children.sql);
    for (const row of rows) {
      const values = row.slice(0, -1) as RowValue[];
      const inherited = children.inherited.map((place) => values[place] as RowValue);
      statement.run(...values);
      for (const own of row.at(-1) as RowValue[][]) child.run(...inherited, ...own);
    }
  };
  return {
    answer: (writes) => {
      file.exec('begin immediate');
      try {
        for (const some of JSON.parse(writes) as RowWrites[]) write(some);
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
