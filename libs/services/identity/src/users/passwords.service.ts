import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  type changePassword,
  DomainError,
  principalsChanged,
  type ReplyOf,
  type RequestOf,
} from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database, UuidV7 } from '@flowkeep/persistence';
import { AuditService } from '../audit/audit.service.ts';
import { IdentityOptions } from '../identity-options.ts';
import { RefreshTokens } from '../sessions/refresh-tokens.ts';
import { SessionEntity } from '../sessions/session.entity.ts';
import { UserEntity } from './user.entity.ts';

/** Changing one's own password. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly hasher: PasswordHasher,
    private readonly refreshTokens: RefreshTokens,
    private readonly audit: AuditService,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly options: IdentityOptions,
  ) {}

  /**
   * Replaces the password and ends the person's other sessions. A key can't do it: whoever holds a key that leaked must
   * not be able to take the account.
   *
   * @throws DomainError `session_required`, `password_wrong`, `password_unchanged`
   */
  async change(
    { userId, sessionId }: Caller,
    { currentPassword, newPassword }: RequestOf<typeof changePassword>,
  ): Promise<ReplyOf<typeof changePassword>> {
    if (sessionId === undefined) throw new DomainError('session_required');
    const user = await this.database.read((em) => em.findOne(UserEntity, { id: userId }));
    if (user === null) throw new DomainError('user_not_found');
    const { passwordHash } = user;
    if (!(await this.hasher.verify(passwordHash, currentPassword))) throw new DomainError('password_wrong');
    if (newPassword === currentPassword) throw new DomainError('password_unchanged');
    await this.audit.ready();
    const newHash = await this.hasher.hash(newPassword);
    const revision = await this.store(userId, sessionId, passwordHash, newHash);
    this.options.passwordChanged(user.username);
    this.bus.emit(principalsChanged, { principals: [{ userId, revision }] });
    return { userId, revision };
  }

  private store(userId: string, keptSessionId: string, from: string, to: string): Promise<number> {
    const now = this.clock.now();
    return this.database.transaction(async (em) => {
      const user = await em.findOneOrFail(UserEntity, { id: userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      // Somebody else changed it while the hashes were computed: what was checked does not hold any more.
      if (user.passwordHash !== from) throw new DomainError('password_wrong');
      user.passwordHash = to;
      user.mustChangePassword = false;
      user.updatedAt = now;
      user.revision += 1;
      const others = await em.find(SessionEntity, { userId, endedAt: null, id: { $ne: keptSessionId } });
      for (const session of others) {
        session.endedAt = now;
        await this.refreshTokens.forget(em, session.id);
      }
      await em.flush();
      await this.audit.append(em, 'identity', [
        {
          id: this.ids.next(),
          at: now,
          workspaceId: null,
          actorId: userId,
          keyId: null,
          action: 'user.password-changed',
          subjectId: userId,
          details: { endedSessions: others.length },
        },
      ]);
      return user.revision;
    });
  }
}
