import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database, UuidV7 } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { insertAccount } from './new-account.ts';
import { UserEntity } from './user.entity.ts';

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
    private readonly events: OwnEvents,
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
    await this.events.ready();
    const passwordHash = await this.hasher.hash(password);
    const now = this.clock.now();
    const userId = this.ids.next();
    try {
      await this.database.transaction(async (em) => {
        await insertAccount(em, {
          id: userId,
          workspaceId: this.ids.next(),
          username,
          email: null,
          passwordHash,
          active: true,
          superuser: true,
          mustChangePassword: generated,
          examplesPending: true,
          optins: {},
          now,
        });
        const details = { superuser: true };
        await this.events.record(em, { caller: null, action: 'user.bootstrapped', subjectId: userId, details });
      });
      return true;
    } catch (error) {
      if (error instanceof UniqueConstraintViolationException) return false;
      throw error;
    }
  }
}
