import type { SqlEntityManager } from '@mikro-orm/sql';
import { query } from '@flowkeep/persistence';

export interface Changed {
  readonly userId: string;
  readonly revision: number;
}

/**
 * Marks the facts of people as changed. In one statement, so that of two changes at once each has a revision of its own.
 *
 * @returns what caches have to hear
 */
export async function raiseRevisions(em: SqlEntityManager, userIds: readonly string[]): Promise<Changed[]> {
  if (userIds.length === 0) return [];
  // The same order for everybody, so that two such changes never wait for each other.
  const sorted = [...userIds].sort();
  const marks = sorted.map((_, index) => `$${index + 1}`).join(', ');
  const { rows } = await query<{ id: string; revision: number }>(
    em,
    `update app_user set revision = revision + 1 where id in (${marks}) returning id, revision`,
    sorted,
  );
  return rows.map(({ id, revision }) => ({ userId: id, revision }));
}
