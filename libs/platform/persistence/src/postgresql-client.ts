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
  query(...parts: unknown[]): unknown;
}

/** The driver's client, which prepares what is called for by name and nothing else. */
export function preparingClient(Base: new (...options: unknown[]) => Client) {
  return class PreparingClient extends Base {
    override query(...parts: unknown[]): unknown {
      const [text, values, ...rest] = parts;
      const name = typeof text === 'string' ? names.get(text) : undefined;
      return name === undefined ? super.query(...parts) : super.query({ name, text, values }, ...rest);
    }
  };
}
