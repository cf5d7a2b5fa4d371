import type { SqlEntityManager } from '@mikro-orm/sql';
import { DomainError } from '@flowkeep/contracts';
import { type Dialect, query } from '@flowkeep/persistence';

/**
 * Makes sure that somebody can still administer the installation when this user can't any more. Locks the superusers
 * until the transaction ends, so that two of them can't remove each other.
 *
 * @throws DomainError `last_superuser`
 */
export async function requireAnotherSuperuser(em: SqlEntityManager, dialect: Dialect, userId: string): Promise<void> {
  // SQLite has one writer at a time.
  const lock = dialect === 'postgresql' ? 'for update' : '';
  const { rows } = await query<{ id: string }>(
    em,
    `select id from app_user where superuser = true and active = true order by id ${lock}`,
  );
  if (!rows.some(({ id }) => id !== userId)) throw new DomainError('last_superuser');
}
