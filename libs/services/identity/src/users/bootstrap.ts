import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database, UuidV7 } from '@flowkeep/persistence';
import { AuditService } from '../audit/audit.service.ts';
import { MembershipEntity, WorkspaceEntity } from '../workspaces/workspace.entity.ts';
import { UserEntity } from './user.entity.ts';
import { usernameKey } from './users.service.ts';

export interface FirstUser {
  readonly username: string;
  readonly password: string;
  /** Whether the password was made for the person, who then should choose one. */
  readonly generated: boolean;
}

/** Creates the first superuser. */
@Injectable()
export class Bootstrap {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly hasher: PasswordHasher,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Whether there is a superuser already. */
  async isDone(): Promise<boolean> {
    return (await this.database.read((em) => em.count(UserEntity, { superuser: true }))) > 0;
  }

  /**
   * Creates the superuser with a workspace of his own.
   *
   * @throws DomainError `unavailable` while the vault can't be reached
   * @returns whether it was this call that did; another instance may have been faster
   */
  async createSuperuser({ username, password, generated }: FirstUser): Promise<boolean> {
    await this.audit.ready();
    const passwordHash = await this.hasher.hash(password);
    const now = this.clock.now();
    const userId = this.ids.next();
    const workspaceId = this.ids.next();
    try {
      await this.database.transaction(async (em) => {
        em.create(UserEntity, {
          id: userId,
          username: username.trim(),
          usernameKey: usernameKey(username),
          passwordHash,
          profileImage: null,
          active: true,
          superuser: true,
          mustChangePassword: generated,
          examplesPending: true,
          defaultWorkspaceId: workspaceId,
          revision: 1,
          createdAt: now,
          updatedAt: now,
          lastLoginAt: null,
        });
        em.create(WorkspaceEntity, {
          id: workspaceId,
          name: `${username.trim()}'s workspace`,
          ownerId: userId,
          createdAt: now,
        });
        em.create(MembershipEntity, { workspaceId, userId, role: 'owner' });
        await em.flush();
        await this.audit.append(em, 'identity', [
          {
            id: this.ids.next(),
            at: now,
            workspaceId: null,
            actorId: null,
            keyId: null,
            action: 'user.bootstrapped',
            subjectId: userId,
            details: { superuser: true },
          },
        ]);
      });
      return true;
    } catch (error) {
      if (error instanceof UniqueConstraintViolationException) return false;
      throw error;
    }
  }
}
