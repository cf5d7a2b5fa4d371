import type { InferEntity } from '@mikro-orm/core';
import type { User } from '@flowkeep/contracts';
import type { UserEntity } from './user.entity.ts';

/** An account as its person and the administrators see it. */
export function toUser(user: InferEntity<typeof UserEntity>): User {
  const { id, username, active, superuser, mustChangePassword, createdAt, updatedAt } = user;
  const { email = null, profileImage = null, lastLoginAt = null } = user;
  return {
    id,
    username,
    email,
    profileImage,
    active,
    superuser,
    mustChangePassword,
    createdAt,
    updatedAt,
    lastLoginAt,
    optins: { ...user.optins },
  };
}
