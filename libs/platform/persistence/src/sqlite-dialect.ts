/* eslint-disable @typescript-eslint/require-await -- the driver's interface is asynchronous, SQLite is not */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type Kysely, NodeSqliteDialect } from '@mikro-orm/sql';

type Dialect = Pick<NodeSqliteDialect, 'createAdapter' | 'createDriver' | 'createIntrospector' | 'createQueryCompiler'>;
type Driver = ReturnType<NodeSqliteDialect['createDriver']>;
type Connection = Awaited<ReturnType<Driver['acquireConnection']>>;
type CompiledQuery = Parameters<Connection['executeQuery']>[0];

/** How many prepared statements are kept. A service has some dozens of hot ones. */
const preparedLimit = 200;

/**
 * The SQLite dialect over a file opened by us. MikroORM's own opens the file itself, so nothing could set its pragmas
 * first, begins transactions that may fail half-way for want of the write lock, and prepares every statement anew.
 */
export function sqliteDialect(file: SqliteFile): Dialect {
  const base = new NodeSqliteDialect(':memory:');
  return {
    createAdapter: () => base.createAdapter(),
    createIntrospector: (db: Kysely<never>) => base.createIntrospector(db),
    createQueryCompiler: () => base.createQueryCompiler(),
    createDriver: () => new SqliteFileDriver(file),
  };
}

/** Hands out the one connection; the query builder above queues those that want it. */
class SqliteFileDriver implements Driver {
  private readonly connection: SqliteFileConnection;

  constructor(private readonly file: SqliteFile) {
    this.connection = new SqliteFileConnection(file);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Connection> {
    return this.connection;
  }

  /** Takes the write lock at once: a transaction that begins as a reader can't always become a writer. */
  async beginTransaction(): Promise<void> {
    this.file.control('begin immediate');
  }

  async commitTransaction(): Promise<void> {
    this.file.control('commit');
  }

  async rollbackTransaction(): Promise<void> {
    if (this.file.isInTransaction) this.file.control('rollback');
  }

  async savepoint(_connection: Connection, name: string): Promise<void> {
    this.file.control(`savepoint ${name}`);
  }

  async rollbackToSavepoint(_connection: Connection, name: string): Promise<void> {
    this.file.control(`rollback to ${name}`);
  }

  async releaseSavepoint(_connection: Connection, name: string): Promise<void> {
    this.file.control(`release ${name}`);
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.file.close();
  }
}

class SqliteFileConnection implements Connection {
  constructor(private readonly file: SqliteFile) {}

  async executeQuery<Row>({ sql, parameters }: CompiledQuery) {
    return this.file.execute<Row>(sql, parameters);
  }

  streamQuery(): never {
    throw new Error('rows are not streamed from SQLite: read them in pages');
  }
}

interface Prepared {
  readonly statement: StatementSync;
  /** Whether it answers rows; to find out costs as much as a short statement. */
  readonly answersRows: boolean;
}

/** An open file, with the statements that are kept prepared. */
export class SqliteFile {
  private readonly prepared = new Map<string, Prepared>();

  constructor(private readonly file: DatabaseSync) {}

  get isInTransaction(): boolean {
    return this.file.isTransaction;
  }

  /** Runs one statement; parameters as `$1`, `$2`… */

  execute<Row>(sql: string, parameters: readonly unknown[]) {
    // A statement without parameters has its values written into it and is hardly ever seen twice.
    const { statement, answersRows } = parameters.length === 0 ? this.prepare(sql) : this.keptPrepared(sql);
    const values = parameters.map(toSqlite);
    if (answersRows) return { rows: statement.all(...values) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [] as Row[], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** Begins and ends transactions. */
  control(sql: string): void {
    this.file.exec(sql);
  }

  close(): void {
    this.prepared.clear();
    this.file.close();
  }

  private keptPrepared(sql: string): Prepared {
    const found = this.prepared.get(sql);
    if (found !== undefined) return found;
    // `$1` is a name to SQLite and a position to PostgreSQL; `?1` is the position.
    const prepared = this.prepare(sql.replace(/\$(\d+)/g, '?$1'));
    const oldest = this.prepared.keys().next();
    if (this.prepared.size >= preparedLimit && oldest.done !== true) this.prepared.delete(oldest.value);
    this.prepared.set(sql, prepared);
    return prepared;
  }

  private prepare(sql: string): Prepared {
    const statement = this.file.prepare(sql);
    return { statement, answersRows: statement.columns().length > 0 };
  }
}

function toSqlite(value: unknown): SQLInputValue {
  return typeof value === 'boolean' ? Number(value) : (value as SQLInputValue);
}
