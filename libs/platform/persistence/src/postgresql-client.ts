import type { Clock } from '@flowkeep/config';

const names = new Map<string, string>();

/**
 * Has every PostgreSQL connection keep a statement parsed and planned: for those that run with every request, whose
 * planning costs more than their work. Only for texts the code has: what is kept is never dropped.
 *
 * @returns the text as it is
 */
export function prepared(sql: string): string {
  names.set(sql, names.get(sql) ?? `flowkeep_${names.size + 1}`);
  return sql;
}

/** The part of the driver's client that is used here. */
interface Client {
  readonly connection: { readonly stream: { destroy(error: Error): unknown } };
  query(...parts: unknown[]): unknown;
}

/**
 * The driver's client, which prepares what is called for by name and nothing else, and gives a server up that says nothing.
 *
 * The driver could do the latter too, and answer with promises. Either way its queries, with all their rows, outlive young
 * collections (docs/decisions, 0012), which then take many times as long; called back they do not.
 *
 * @param silentMs how long a statement may take, in milliseconds; then its connection ends
 */
export function postgresqlClient(Base: new (...options: never[]) => Client, clock: Clock, silentMs: number) {
  return class PostgresqlClient extends Base {
    override query(...parts: unknown[]): unknown {
      const [text, values, ...rest] = parts;
      if (typeof text !== 'string' || rest.length > 0 || typeof values === 'function') return super.query(...parts);
      const name = names.get(text);
      return new Promise((resolve, reject) => {
        const giveUp = () => this.connection.stream.destroy(new Error('Query read timeout'));
        const cancelTimer = clock.after(silentMs, giveUp);
        const answer = (error: Error | null, result: unknown): void => {
          cancelTimer();
          if (error === null) resolve(result);
          else reject(error);
        };
        super.query(name === undefined ? { text, values } : { name, text, values }, undefined, answer);
      });
    }
  };
}
