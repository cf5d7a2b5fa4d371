import { AsyncLocalStorage } from 'node:async_hooks';
import type { MikroORM, SqlEntityManager } from '@mikro-orm/sql';
import { toDomainError } from './database-errors.ts';
import type { Dialect } from './definition.ts';

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

  constructor(
    readonly dialect: Dialect,
    private readonly orm: MikroORM,
  ) {}

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
      return await this.apart(() => this.scopes.run(scope, () => this.orm.em.fork().transactional(work)));
    } catch (error) {
      throw toDomainError(error);
    } finally {
      scope.open = false;
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
    await this.orm.close(true);
  }

  /** On SQLite a second piece of work inside a transaction would wait for it for ever. */
  private refuseNesting(): void {
    if (this.scopes.getStore()?.open === true) {
      throw new Error("a transaction's work must use its own entity manager, not the database again");
    }
  }
}
