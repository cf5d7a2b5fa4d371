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
  type resetPassword,
} from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { IdentityOptions } from '../identity-options.ts';
import { endSessionsOf } from '../sessions/end-sessions.ts';
import { SessionEntity } from '../sessions/session.entity.ts';
import { UserEntity } from './user.entity.ts';

/** How long a sign-in stands for the password itself. */
const freshMs = 10 * 60_000;

interface Replacement {
  /** The hash that was there when the change was checked; null when it does not matter. */
  readonly from: string | null;
  readonly to: string;
  readonly keptSessionId: string | null;
  readonly mustChange: boolean;
  readonly action: string;
}

/** Changing one's own password, and giving somebody else a new one. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly database: Database,
    private readonly hasher: PasswordHasher,
    private readonly events: OwnEvents,
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
    caller: Caller,
    { currentPassword, newPassword }: RequestOf<typeof changePassword>,
  ): Promise<ReplyOf<typeof changePassword>> {
    const { userId, sessionId } = caller;
    if (sessionId === undefined) throw new DomainError('session_required');
    const user = await this.database.read((em) => em.findOne(UserEntity, { id: userId }));
    if (user === null) throw new DomainError('user_not_found');
    const { passwordHash: from } = user;
    if (currentPassword === null) await this.requireFresh(sessionId);
    else if (!(await this.hasher.verify(from, currentPassword))) throw new DomainError('password_wrong');
    if (await this.isSame(from, currentPassword, newPassword)) throw new DomainError('password_unchanged');
    const changed = await this.replace(caller, userId, {
      from,
      to: await this.hasher.hash(newPassword),
      keptSessionId: sessionId,
      mustChange: false,
      action: 'user.password-changed',
    });
    this.options.passwordChanged(user.username);
    return changed;
  }

  /**
   * Gives a person a password that somebody else chose, which they are asked to replace, and ends all of their sessions.
   *
   * @throws DomainError `user_not_found`; `own_account`, whose password wants the current one
   */
  async reset(
    caller: Caller,
    { userId, password }: RequestOf<typeof resetPassword>,
  ): Promise<ReplyOf<typeof resetPassword>> {
    if (userId === caller.userId) {
      throw new DomainError('own_account', { message: 'Change your own password with your current one.' });
    }
    const found = await this.database.read((em) => em.count(UserEntity, { id: userId }));
    if (found === 0) throw new DomainError('user_not_found');
    return this.replace(caller, userId, {
      from: null,
      to: await this.hasher.hash(password),
      keptSessionId: null,
      mustChange: true,
      action: 'user.password-reset',
    });
  }

  /** Old clients send no current password; a sign-in a moment ago says as much. */
  private async requireFresh(sessionId: string): Promise<void> {
    const since = this.clock.now() - freshMs;
    const fresh = await this.database.read((em) =>
      em.count(SessionEntity, { id: sessionId, createdAt: { $gt: since }, endedAt: null }),
    );
    if (fresh > 0) return;
    throw new DomainError('password_wrong', { message: 'Send current_password, or sign in again first.' });
  }

  private async isSame(hash: string, currentPassword: string | null, newPassword: string): Promise<boolean> {
    return currentPassword === null ? this.hasher.verify(hash, newPassword) : newPassword === currentPassword;
  }

  private async replace(
    caller: Caller,
    userId: string,
    { from, to, keptSessionId, mustChange, action }: Replacement,
  ): Promise<{ userId: string; revision: number }> {
    await this.events.ready();
    const now = this.clock.now();
    const revision = await this.database.transaction(async (em) => {
      const endedSessions = await endSessionsOf(em, userId, now, keptSessionId);
      const user = await em.findOne(UserEntity, { id: userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (user === null) throw new DomainError('user_not_found');
      // Somebody else changed it while the hashes were computed: what was checked does not hold any more.
      if (from !== null && user.passwordHash !== from) throw new DomainError('password_wrong');
      user.passwordHash = to;
      user.mustChangePassword = mustChange;
      user.updatedAt = now;
      user.revision += 1;
      await this.events.record(em, { caller, action, subjectId: userId, details: { endedSessions } });
      return user.revision;
    });
    this.bus.emit(principalsChanged, { principals: [{ userId, revision }] });
    return { userId, revision };
  }
}
