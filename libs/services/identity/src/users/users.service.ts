import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import {
  DomainError,
  type listUsers,
  type PrincipalFacts,
  type ReplyOf,
  type RequestOf,
  type User,
  type WorkspaceRole,
} from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { SessionEntity } from '../sessions/session.entity.ts';
import { usernameKey } from './names.ts';
import { UserEntity } from './user.entity.ts';
import { toUser } from './user-view.ts';

/** A person's newest sessions count; a client that never signs out can't make the facts grow. */
const maxSessions = 100;

const livingMemberships = `select m.workspace_id, m.role from membership m join workspace w on w.id = m.workspace_id
  where m.user_id = $1 and w.archived_at is null order by m.workspace_id`;

const beginsWith = (column: string) => `substr(${column}, 1, length(cast($1 as text))) = $1`;
const matching = `where ${beginsWith('username_key')} or ${beginsWith('email_key')}`;

/** People. */
@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `user_not_found` */
  async principal(userId: string): Promise<PrincipalFacts> {
    const now = this.clock.now();
    return this.database.read(async (em) => {
      const user = await em.findOne(UserEntity, { id: userId });
      if (user === null) throw new DomainError('user_not_found');
      const memberships = await query<{ workspace_id: string; role: WorkspaceRole }>(em, livingMemberships, [userId]);
      const sessions = await em.find(
        SessionEntity,
        { userId, endedAt: null, expiresAt: { $gt: now } },
        { orderBy: { id: 'desc' }, limit: maxSessions, fields: ['id', 'workspaceId'] },
      );
      return {
        userId,
        username: user.username,
        active: user.active,
        superuser: user.superuser,
        defaultWorkspaceId: user.defaultWorkspaceId,
        memberships: memberships.rows.map(({ workspace_id, role }) => ({ workspaceId: workspace_id, role })),
        sessions: sessions.map(({ id, workspaceId = null }) => ({ id, workspaceId })),
        revision: user.revision,
      };
    });
  }

  /** @throws DomainError `user_not_found` */
  async get(userId: string): Promise<User> {
    const user = await this.database.read((em) => em.findOne(UserEntity, { id: userId }));
    if (user === null) throw new DomainError('user_not_found');
    return toUser(user);
  }

  async list({ search, skip, take }: RequestOf<typeof listUsers>): Promise<ReplyOf<typeof listUsers>> {
    const prefix = usernameKey(search);
    return this.database.read(async (em) => {
      const counted = await query<{ total: number }>(em, `select count(*) as total from app_user ${matching}`, [
        prefix,
      ]);
      const found = await query<{ id: string }>(
        em,
        `select id from app_user ${matching} order by username_key limit $2 offset $3`,
        [prefix, take, skip],
      );
      const ids = found.rows.map(({ id }) => id);
      const users = await em.find(UserEntity, { id: { $in: ids } }, { orderBy: { usernameKey: 'asc' } });
      return { total: Number(counted.rows[0]?.total), users: users.map(toUser) };
    });
  }
}
