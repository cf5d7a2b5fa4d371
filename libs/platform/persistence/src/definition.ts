import type { Clock } from '@flowkeep/config';
import type { DataServiceName } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import type { EntitySchema } from '@mikro-orm/core';

export type Dialect = 'sqlite' | 'postgresql';

/** One step of a schema's history, in both dialects. Once released it is never changed. */
export interface Migration {
  /** A number and a name, for example `0001-initial`; unique and ascending. */
  readonly name: string;
  /** One statement each. Table names carry no schema. */
  readonly sqlite: readonly string[];
  readonly postgresql: readonly string[];
}

/** What one service keeps: its entities, and the migrations that lead to their tables. */
export interface DatabaseDefinition {
  readonly service: DataServiceName;
  readonly entities: readonly EntitySchema[];
  readonly migrations: readonly Migration[];
}

/** A directory that holds one SQLite file per service. */
export interface SqliteLocation {
  readonly directory: string;
}

/** One schema of a PostgreSQL database. */
export interface PostgresqlLocation {
  readonly url: string;
  readonly schema: string;
  /** The role every statement runs as; the address's own user when absent. */
  readonly role?: string;
}

export type DatabaseLocation = SqliteLocation | PostgresqlLocation;

/** Where a database is and what it is opened with. */
export type DatabaseOptions = DatabaseLocation & { readonly clock: Clock; readonly logger: Logger };

/**
 * Where a service's PostgreSQL data are.
 *
 * @param url the database's address, and whether it belongs to this service alone
 * @param schemaPrefix goes before the names of schema and role
 */
export function postgresqlLocation(
  service: DataServiceName,
  url: { readonly url: string; readonly own: boolean },
  schemaPrefix: string,
): PostgresqlLocation {
  const schema = `${schemaPrefix}${service}`;
  return { url: url.url, schema, ...(url.own ? {} : { role: `flowkeep_${schema}` }) };
}
