import type { SqlEntityManager } from '@mikro-orm/sql';
import { DomainError } from '@flowkeep/contracts';
import { query } from '@flowkeep/persistence';
import { raiseRevisions } from '../users/revisions.ts';

/**
 * Marks the facts of one user as changed.
 *
 * @returns the new revision
 * @throws DomainError `user_not_found`
 */
export async function raiseRevision(em: SqlEntityManager, userId: string): Promise<number> {
  const [changed] = await raiseRevisions(em, [userId]);
  if (changed === undefined) throw new DomainError('user_not_found');
  return changed.revision;
}

/**
 * Ends a user's sessions and forgets their refresh tokens, in the transaction of the change that ends them. Do it before
 * anything that locks the user's own row, the revision included: a session's row is locked first, here as everywhere.
 *
 * @param nowMs milliseconds since 1970
 * @param keptSessionId the one that goes on
 * @returns how many of them still counted
 */
export async function endSessionsOf(
  em: SqlEntityManager,
  userId: string,
  nowMs: number,
  keptSessionId: string | null = null,
): Promise<number> {
  const kept = keptSessionId === null ? [] : [keptSessionId];
  const { rows } = await query<{ expires_at: number | string }>(
    em,
    `update session set ended_at = $2 where user_id = $1 and ended_at is null
      ${kept.length > 0 ? 'and id <> $3' : ''} returning expires_at`,
    [userId, nowMs, ...kept],
  );
  await query(
    em,
    `delete from refresh_token where session_id in
      (select id from session where user_id = $1 ${kept.length > 0 ? 'and id <> $2' : ''})`,
    [userId, ...kept],
  );
  return rows.filter((row) => Number(row.expires_at) > nowMs).length;
}
