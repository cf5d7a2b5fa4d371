import { MikroORM, type Options, PostgreSqlDriver } from '@mikro-orm/postgresql';
import { SystemClock } from '@flowkeep/config';
import type { PostgresqlLocation } from './definition.ts';
import { postgresqlClient } from './postgresql-client.ts';

const poolSize = 5;
const connectTimeoutMs = 2_000;
const statementTimeoutMs = 5_000;
const lockTimeoutMs = 1_000;
const idleInTransactionTimeoutMs = 5_000;
/** On our side, for a server that no longer answers at all; longer than any timeout of the server. */
const silentServerTimeoutMs = 8_000;
/** Another machine's silence lasts as long as it lasts, whatever a test's clock says. */
const serverClock = new SystemClock();
const int8Oid = 20;
/** SQLSTATE of a connection that asks for a role that does not exist. */
const unknownRole = '22023';

/** The part of the driver's pool that is used here. */
interface Pool {
  Client: Parameters<typeof postgresqlClient>[0];
  readonly options: { readonly types: { setTypeParser(oid: number, parse: (text: string) => unknown): void } };
}

/**
 * Connects to one schema of a PostgreSQL database.
 *
 * @throws Error with one sentence that names host and database and never the password
 */
export async function connectPostgresql(location: PostgresqlLocation, options: Options): Promise<MikroORM> {
  const orm = new MikroORM({
    ...options,
    driver: PostgreSqlDriver,
    clientUrl: location.url,
    schema: location.schema,
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 60_000 },
    driverOptions: {
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
      keepAlive: true,
      application_name: `flowkeep ${location.schema}`,
      // Set at connect, so that they hold for every statement without a round trip.
      options: [`-c search_path=${location.schema}`, ...(location.role ? [`-c role=${location.role}`] : [])].join(' '),
      onPoolCreated: (pool: Pool) => {
        pool.options.types.setTypeParser(int8Oid, Number);
        pool.Client = postgresqlClient(pool.Client, serverClock, silentServerTimeoutMs);
      },
    },
  });
  await connect(orm, location.url);
  return orm;
}

/** Connects, with a message of one line. */
export async function connect(orm: MikroORM, url: string): Promise<void> {
  try {
    await orm.connect();
    await orm.em.getConnection().execute('select 1');
  } catch (error) {
    await orm.close(true);
    const { code, message } = error as { code?: string; message: string };
    const hint = code === unknownRole ? ': run "flowkeep db migrate"' : '';
    throw new Error(`The PostgreSQL database ${describeUrl(url)} can't be used: ${message}${hint}`, {
      cause: error,
    });
  }
}

/** Host, port and name of the database; nothing else of the address. */
function describeUrl(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
