import type { InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { MembershipEntity, WorkspaceEntity } from '../workspaces/workspace.entity.ts';
import { emailKey, usernameKey } from './names.ts';
import { UserEntity } from './user.entity.ts';

interface NewAccount {
  readonly id: string;
  readonly workspaceId: string;
  readonly username: string;
  readonly email: string | null;
  readonly passwordHash: string;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly mustChangePassword: boolean;
  readonly examplesPending: boolean;
  readonly optins: Record<string, boolean>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Stores a person with a workspace of their own. */
export async function insertAccount(
  em: SqlEntityManager,
  account: NewAccount,
): Promise<InferEntity<typeof UserEntity>> {
  const { id, workspaceId, now, ...given } = account;
  const username = account.username.trim();
  const user = em.create(UserEntity, {
    id,
    ...given,
    username,
    usernameKey: usernameKey(username),
    emailKey: emailKey(account.email),
    profileImage: null,
    defaultWorkspaceId: workspaceId,
    revision: 1,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: null,
  });
  const name = `${username}'s workspace`;
  em.create(WorkspaceEntity, { id: workspaceId, name, ownerId: id, createdAt: now, archivedAt: null });
  em.create(MembershipEntity, { workspaceId, userId: id, role: 'owner' });
  await em.flush();
  return user;
}
