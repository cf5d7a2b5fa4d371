import type { InferEntity } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { type Caller, DomainError, type PrincipalFacts, type User } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { SessionEntity } from '../sessions/session.entity.ts';
import { MembershipEntity } from '../workspaces/workspace.entity.ts';
import { UserEntity } from './user.entity.ts';

/** A person's newest sessions count; a client that never signs out can't make the facts grow. */
const maxSessions = 100;

/** By what a username is looked up: names that differ by case alone are one name. */
export function usernameKey(username: string): string {
  return username.trim().normalize('NFKC').toLowerCase();
}

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
      const memberships = await em.find(MembershipEntity, { userId });
      const sessions = await em.find(
        SessionEntity,
        { userId, endedAt: null, expiresAt: { $gt: now } },
        { orderBy: { id: 'desc' }, limit: maxSessions, fields: ['id'] },
      );
      return {
        userId,
        username: user.username,
        active: user.active,
        superuser: user.superuser,
        defaultWorkspaceId: user.defaultWorkspaceId,
        memberships: memberships.map(({ workspaceId, role }) => ({ workspaceId, role })),
        sessionIds: sessions.map(({ id }) => id),
        revision: user.revision,
      };
    });
  }

  /** @throws DomainError `user_not_found` */
  async own({ userId }: Caller): Promise<User> {
    const user = await this.database.read((em) => em.findOne(UserEntity, { id: userId }));
    if (user === null) throw new DomainError('user_not_found');
    return toUser(user);
  }
}

function toUser(user: InferEntity<typeof UserEntity>): User {
  const { id, username, active, superuser, mustChangePassword, createdAt, updatedAt } = user;
  const { profileImage = null, lastLoginAt = null } = user;
  return { id, username, profileImage, active, superuser, mustChangePassword, createdAt, updatedAt, lastLoginAt };
}
