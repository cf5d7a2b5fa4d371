import type { InferEntity } from '@mikro-orm/core';
import type { Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';
import type { PasswordHasher } from '@flowkeep/crypto';
import type { Database } from '@flowkeep/persistence';
import type { OwnEvents } from '../audit/own-events.ts';
import { endSessionsOf, raiseRevision } from '../sessions/end-sessions.ts';
import type { Bootstrap } from '../users/bootstrap.ts';
import { usernameKey } from '../users/names.ts';
import { UserEntity } from '../users/user.entity.ts';

type User = InferEntity<typeof UserEntity>;

export interface OperatorAccountsParts {
  readonly database: Database;
  readonly events: OwnEvents;
  readonly bootstrap: Bootstrap;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  /** Told whose password was changed. */
  readonly passwordChanged: (username: string) => void;
}

/**
 * What an operator does with accounts past the API, when nobody can sign in who could. Each act is in the audit log,
 * with nobody as the one who did it.
 */
export class OperatorAccounts {
  constructor(private readonly parts: OperatorAccountsParts) {}

  async exists(username: string): Promise<boolean> {
    const key = usernameKey(username);
    return (await this.parts.database.read((em) => em.count(UserEntity, { usernameKey: key }))) > 0;
  }

  /**
   * Makes a superuser, or an active one of a user who is there. A password that is given replaces the one there was, and
   * ends the user's sessions.
   *
   * @param password null leaves the password as it is; a new user needs one
   * @throws DomainError `user_not_found` for a new user without a password
   */
  async makeSuperuser(username: string, password: string | null): Promise<'created' | 'promoted'> {
    if (password !== null && (await this.parts.bootstrap.createSuperuser({ username, password, generated: false }))) {
      return 'created';
    }
    const passwordHash = password === null ? null : await this.parts.hasher.hash(password);
    await this.change(username, 'user.promoted', passwordHash !== null, (user) => {
      user.superuser = true;
      user.active = true;
      if (passwordHash === null) return;
      user.passwordHash = passwordHash;
      user.mustChangePassword = false;
    });
    return 'promoted';
  }

  /**
   * Gives a user another password, which the portal asks them to replace, and ends all their sessions.
   *
   * @returns how many sessions there were
   * @throws DomainError `user_not_found`
   */
  async resetPassword(username: string, password: string): Promise<number> {
    const passwordHash = await this.parts.hasher.hash(password);
    return this.change(username, 'user.password-reset', true, (user) => {
      user.passwordHash = passwordHash;
      user.mustChangePassword = true;
    });
  }

  /**
   * @returns how many sessions there were
   * @throws DomainError `user_not_found`
   */
  async endSessions(username: string): Promise<number> {
    return this.change(username, 'user.sessions-ended', true, null);
  }

  close(): Promise<void> {
    return this.parts.database.close();
  }

  /**
   * Changes a user, and raises the revision of what caches know.
   *
   * @param change what happens to the user; null for nothing but their sessions
   * @returns how many sessions ended
   */
  private async change(
    username: string,
    action: string,
    endsSessions: boolean,
    change: ((user: User) => void) | null,
  ): Promise<number> {
    const { database, events, clock, passwordChanged } = this.parts;
    await events.ready();
    const now = clock.now();
    const { ended, changed } = await database.transaction(async (em) => {
      const user = await em.findOne(UserEntity, { usernameKey: usernameKey(username) });
      if (user === null) throw new DomainError('user_not_found');
      const endedSessions = endsSessions ? await endSessionsOf(em, user.id, now) : 0;
      const passwordBefore = user.passwordHash;
      if (change !== null) {
        change(user);
        user.updatedAt = now;
        await em.flush();
      }
      await raiseRevision(em, user.id);
      await events.record(em, { caller: null, action, subjectId: user.id, details: { endedSessions } });
      return { ended: endedSessions, changed: user.passwordHash === passwordBefore ? null : user.username };
    });
    if (changed !== null) passwordChanged(changed);
    return ended;
  }
}
