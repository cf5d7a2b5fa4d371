import type { SqlEntityManager } from '@mikro-orm/sql';

/** What a raw statement may carry. JSON is passed as text. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array;

export interface QueryReply<Row> {
  readonly rows: Row[];
  /** How many rows a statement without result rows changed. */
  readonly affected: number;
}

let queryId = 0;

/**
 * Runs one statement with bound parameters, past the unit of work: for paths where every microsecond counts, and for
 * what the entity manager can't say. Inside a transaction it belongs to it. Kept prepared on SQLite.
 *
 * Rows come as the database has them: on SQLite booleans are 0 and 1 and JSON is text.
 *
 * @param sql with `$1`, `$2`… for the parameters, in either dialect; table names without schema
 * @example await query<{ id: string }>(em, 'select id from api_key where hash = $1', [hash])
 */
export function query<Row = Record<string, unknown>>(
  em: SqlEntityManager,
  sql: string,
  parameters: readonly SqlValue[] = [],
): Promise<QueryReply<Row>> {
  return execute(em.getKysely(), sql, parameters);
}

/** The same on a connection, or whatever hands one out. */
export async function execute<Row>(
  connection: ReturnType<SqlEntityManager['getKysely']>,
  sql: string,
  parameters: readonly SqlValue[],
): Promise<QueryReply<Row>> {
  const { rows, numAffectedRows } = await connection.executeQuery<Row>({
    sql,
    parameters,
    query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
    queryId: { queryId: String(queryId++) },
  });
  return { rows, affected: Number(numAffectedRows ?? 0) };
}
