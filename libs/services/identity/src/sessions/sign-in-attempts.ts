import type { InferEntity } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DomainError, type RequestOf, type signIn } from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database } from '@flowkeep/persistence';
import { UserEntity } from '../users/user.entity.ts';
import { usernameKey } from '../users/names.ts';
import { type Attempt, SignInThrottle } from './sign-in-throttle.ts';

/** How many attempts may wait for their turn. */
const queueLimit = 64;

export interface Proven {
  readonly user: InferEntity<typeof UserEntity>;
  readonly attempt: Attempt;
}

/** Checks passwords, one attempt after another: those that come at once must not all pass before the first one failed. */
@Injectable()
export class SignInAttempts {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly database: Database,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
  ) {}

  /**
   * Whose password it is. Whoever does not know it learns nothing about the account: an unknown user and a wrong password
   * are one answer and take as long.
   *
   * @throws DomainError `sign_in_failed`, `too_many_attempts`, `busy`
   */
  async verify(request: RequestOf<typeof signIn>): Promise<Proven> {
    const attempt = this.throttle.attempt(request);
    // Before it takes a place, too: whoever is told to wait must not make others wait.
    await this.throttle.check(attempt);
    if (this.waiting >= queueLimit) throw new DomainError('busy', { detail: 'too many sign-ins wait' });
    this.waiting++;
    const turn = this.tail.then(() => this.take(attempt, request));
    this.tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.waiting--;
    }
  }

  private async take(attempt: Attempt, { username, password }: RequestOf<typeof signIn>): Promise<Proven> {
    await this.throttle.check(attempt);
    const key = usernameKey(username);
    const user = await this.database.read((em) =>
      em.findOne(UserEntity, { $or: [{ usernameKey: key }, { emailKey: key }] }),
    );
    const matches = await this.hasher.verify(user?.passwordHash ?? null, password);
    if (user !== null && matches) return { user, attempt };
    await this.throttle.failed(attempt, user?.id ?? null);
    throw new DomainError('sign_in_failed');
  }
}
