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
import { Database, prepared, query } from '@flowkeep/persistence';
import { usernameKey } from './names.ts';
import { UserEntity } from './user.entity.ts';
import { toUser } from './user-view.ts';

/** A person's newest sessions count; a client that never signs out can't make the facts grow. */
const maxSessions = 100;

/** What every sign-in has gateways ask for anew. */
const userFacts = prepared(
  'select username, active, superuser, default_workspace_id, revision from app_user where id = $1',
);
const livingMemberships = prepared(`select m.workspace_id as "workspaceId", m.role
  from membership m join workspace w on w.id = m.workspace_id
  where m.user_id = $1 and w.archived_at is null order by m.workspace_id`);
const livingSessions = prepared(`select id, workspace_id as "workspaceId" from session
  where user_id = $1 and ended_at is null and expires_at > $2 order by id desc limit ${maxSessions}`);

/** As the database has it: on SQLite booleans are 0 and 1. */
interface UserFactsRow {
  readonly username: string;
  readonly active: boolean | number;
  readonly superuser: boolean | number;
  readonly default_workspace_id: string;
  readonly revision: number;
}

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
    // First of all: what is read after its revision may be newer than the revision says, never older.
    const [user] = await this.database.execute<UserFactsRow>(userFacts, [userId]);
    if (user === undefined) throw new DomainError('user_not_found');
    const [memberships, sessions] = await Promise.all([
      this.database.execute<{ workspaceId: string; role: WorkspaceRole }>(livingMemberships, [userId]),
      this.database.execute<{ id: string; workspaceId: string | null }>(livingSessions, [userId, this.clock.now()]),
    ]);
    return {
      userId,
      username: user.username,
      active: Boolean(user.active),
      superuser: Boolean(user.superuser),
      defaultWorkspaceId: user.default_workspace_id,
      memberships,
      sessions,
      revision: user.revision,
    };
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
