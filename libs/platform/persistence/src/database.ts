import { AsyncLocalStorage } from 'node:async_hooks';
import type { MikroORM, SqlEntityManager } from '@mikro-orm/sql';
import { toDomainError } from './database-errors.ts';
import type { Dialect } from './definition.ts';
import { execute, type SqlValue } from './query.ts';
import type { SqliteFile } from './sqlite-dialect.ts';
import type { RowWrites, SqliteWriter } from './sqlite-writer.ts';

/** Set while the work of a transaction runs; `open` turns false at its end, for whatever was started inside. */
interface Scope {
  open: boolean;
}

/** One service's database, and the token it is injected by. Opened with `openDatabase`. */
export class Database {
  private readonly scopes = new AsyncLocalStorage<Scope>();
  /**
   * Runs work apart from whatever context it was started in. The ORM finds the transaction it belongs to through the
   * async context; a timer or a bus call that was started inside one would otherwise drag that transaction along, even
   * into another service's database.
   */
  private readonly apart = AsyncLocalStorage.snapshot();

  private readonly file: SqliteFile | undefined;
  private readonly writer: SqliteWriter | undefined;
  /** On SQLite: ends with the last of those that write. */
  private turn: Promise<unknown> = Promise.resolve();

  /** @param sqlite the file's connection, and the thread that writes rows off the event loop */
  constructor(
    readonly dialect: Dialect,
    private readonly orm: MikroORM,
    sqlite?: { readonly file: SqliteFile; readonly writer: SqliteWriter },
  ) {
    this.file = sqlite?.file;
    this.writer = sqlite?.writer;
  }

  /**
   * Reads outside a transaction.
   *
   * @param work gets an entity manager of its own
   * @throws DomainError `unavailable` when the database can't be reached, `busy` when it is locked
   */
  async read<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    this.refuseNesting();
    try {
      return await this.apart(() => work(this.orm.em.fork()));
    } catch (error) {
      throw toDomainError(error);
    }
  }

  /**
   * One statement outside a transaction, by the shortest way: for what every run needs. As `query` otherwise.
   *
   * @throws DomainError `unavailable` when the database can't be reached, `busy` when it is locked
   */
  async execute<Row>(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    this.refuseNesting();
    const { file } = this;
    try {
      // While a transaction is open on the connection it would see what is not committed.
      if (file !== undefined && !file.isInTransaction) return file.execute<Row>(sql, parameters).rows;
      return (await this.apart(() => execute<Row>(this.orm.em.getKysely(), sql, parameters))).rows;
    } catch (error) {
      throw toDomainError(error);
    }
  }

  /**
   * Runs `work` in one transaction: all of it is stored, or nothing when it throws. What was created through the
   * entity manager is flushed at the end.
   *
   * Keep it short: SQLite has one connection, so everything else waits for it. The work may await its own entity
   * manager and nothing else — no bus call, no hashing, no other `read` or `transaction`, which is refused.
   *
   * @throws DomainError `unavailable` when the database can't be reached, `busy` when it is locked
   */
  async transaction<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    this.refuseNesting();
    const scope: Scope = { open: true };
    try {
      return await this.inTurn(() =>
        this.apart(() => this.scopes.run(scope, () => this.orm.em.fork().transactional(work))),
      );
    } catch (error) {
      throw toDomainError(error);
    } finally {
      scope.open = false;
    }
  }

  /**
   * Runs statements for many rows in one transaction, off the event loop. SQLite only: PostgreSQL has a process of its own.
   *
   * @throws DomainError `unavailable` when the database can't be written, `busy` when it is locked
   */
  async writeRows(writes: readonly RowWrites[]): Promise<void> {
    const { writer } = this;
    if (writer === undefined) throw new Error('rows are written in the background on SQLite only');
    this.refuseNesting();
    try {
      await this.inTurn(() => writer.write(writes));
    } catch (error) {
      throw toDomainError(error);
    }
  }

  /** Whether the database answers. */
  async health(): Promise<'ok' | 'failing'> {
    try {
      await this.read((em) => em.execute('select 1'));
      return 'ok';
    } catch {
      return 'failing';
    }
  }

  /** Lets what is under way end, then closes. */
  async close(): Promise<void> {
    await this.writer?.close();
    await this.orm.close(true);
  }

  /**
   * SQLite has one writer at a time, and a connection that waits for another one's lock would stop the event loop: they
   * take turns before they ask for it.
   */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.writer === undefined) return work();
    const turn = this.turn.then(work);
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  /** On SQLite a second piece of work inside a transaction would wait for it for ever. */
  private refuseNesting(): void {
    if (this.scopes.getStore()?.open === true) {
      throw new Error("a transaction's work must use its own entity manager, not the database again");
    }
  }
}
