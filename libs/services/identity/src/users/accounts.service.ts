import { LockMode, type InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type AuditEvent,
  type Caller,
  type createUser,
  DomainError,
  hasRight,
  principalsChanged,
  type ReplyOf,
  type RequestOf,
  type updateUser,
  type User,
} from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database, isUniqueViolation, UuidV7 } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { IdentityOptions } from '../identity-options.ts';
import { endSessionsOf } from '../sessions/end-sessions.ts';
import { emailKey, usernameKey } from './names.ts';
import { insertAccount } from './new-account.ts';
import { requireAnotherSuperuser } from './superusers.ts';
import { UserEntity } from './user.entity.ts';
import { toUser } from './user-view.ts';

type Changes = Omit<RequestOf<typeof updateUser>, 'userId'>;

/** Making and changing accounts. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly hasher: PasswordHasher,
    private readonly events: OwnEvents,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly options: IdentityOptions,
  ) {}

  /** @throws DomainError `username_taken`, `email_taken`, `busy` */
  async create(caller: Caller, request: RequestOf<typeof createUser>): Promise<User> {
    const { password, active = this.options.newUserIsActive, ...given } = request;
    await this.database.read((em) => requireFree(em, null, given));
    await this.events.ready();
    const passwordHash = await this.hasher.hash(password);
    const id = this.ids.next();
    return this.unique(given, async (em) => {
      const user = await insertAccount(em, {
        ...given,
        id,
        workspaceId: this.ids.next(),
        passwordHash,
        active,
        mustChangePassword: false,
        examplesPending: false,
        now: this.clock.now(),
      });
      const details = { username: user.username, active, superuser: given.superuser };
      await this.events.record(em, { caller, action: 'user.created', subjectId: id, details });
      return toUser(user);
    });
  }

  /**
   * Changes an account. Deactivating ends the person's sessions; keys and tokens stop with the facts.
   *
   * @throws DomainError `insufficient_permission`, also when the user does not exist and the caller may not know;
   *   `user_not_found`, `username_taken`, `email_taken`, `last_superuser`
   */
  async update(
    caller: Caller,
    { userId, ...changes }: RequestOf<typeof updateUser>,
  ): Promise<ReplyOf<typeof updateUser>> {
    requireRight(caller, userId, changes);
    await this.events.ready();
    const reply = await this.unique(changes, (em) => this.change(em, caller, userId, changes));
    this.bus.emit(principalsChanged, { principals: [{ userId, revision: reply.revision }] });
    return reply;
  }

  private async change(em: SqlEntityManager, caller: Caller, userId: string, changes: Changes) {
    const { superuser, active } = changes;
    if (active === false) await endSessionsOf(em, userId, this.clock.now());
    // Before the row's own lock: all who take superusers away queue in the same order.
    if (superuser === false || active === false) await this.requireDispensable(em, userId);
    const user = await em.findOne(UserEntity, { id: userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (user === null) throw new DomainError('user_not_found');
    await requireFree(em, userId, changes);
    const events = auditOf(user, changes);
    assign(user, changes);
    user.updatedAt = this.clock.now();
    user.revision += 1;
    const happened = events.map(({ action, details }) => ({ caller, action, subjectId: userId, details }));
    await this.events.record(em, ...happened);
    return { user: toUser(user), revision: user.revision };
  }

  private async requireDispensable(em: SqlEntityManager, userId: string): Promise<void> {
    const user = await em.findOne(UserEntity, { id: userId }, { fields: ['superuser', 'active'] });
    if (user?.superuser === true && user.active) await requireAnotherSuperuser(em, this.database.dialect, userId);
  }

  /** Two who take the same name at once: the second one hears so, too. */
  private async unique<T>(names: Names, work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      await this.database.read((em) => requireFree(em, null, names));
      throw error;
    }
  }
}

interface Names {
  readonly username?: string | undefined;
  readonly email?: string | null | undefined;
}

/**
 * Makes sure that a name, or an address, leads to nobody else: people sign in with either.
 *
 * @throws DomainError `username_taken`, `email_taken`
 */
async function requireFree(em: SqlEntityManager, userId: string | null, { username, email }: Names): Promise<void> {
  const others = userId === null ? {} : { id: { $ne: userId } };
  const isTaken = async (key: string) =>
    (await em.count(UserEntity, { ...others, $or: [{ usernameKey: key }, { emailKey: key }] })) > 0;
  if (username !== undefined && (await isTaken(usernameKey(username)))) throw new DomainError('username_taken');
  const address = emailKey(email ?? null);
  if (address !== null && (await isTaken(address))) throw new DomainError('email_taken');
}

/** People change what is theirs alone, and only signed in: whoever finds a key can't rename its holder. */
function requireRight(caller: Caller, userId: string, { active, superuser }: Changes): void {
  const own = userId === caller.userId;
  if (hasRight(caller.rights, 'users:manage')) {
    if (own && active === false) throw denied("You can't deactivate your own user account");
    if (own && superuser === false) throw denied("You can't take your own powers away");
    return;
  }
  if (!own || caller.sessionId === undefined || active !== undefined || superuser !== undefined) {
    throw denied('Permission denied');
  }
}

function denied(message: string): DomainError {
  return new DomainError('insufficient_permission', { message });
}

function assign(user: InferEntity<typeof UserEntity>, changes: Changes): void {
  const { username, email, profileImage, active, superuser, optins } = changes;
  if (username !== undefined) Object.assign(user, { username, usernameKey: usernameKey(username) });
  if (email !== undefined) Object.assign(user, { email, emailKey: emailKey(email) });
  if (profileImage !== undefined) user.profileImage = profileImage;
  if (active !== undefined) user.active = active;
  if (superuser !== undefined) user.superuser = superuser;
  if (optins !== undefined) user.optins = { ...user.optins, ...optins };
}

/** One event for each thing an auditor would look for. */
function auditOf(user: InferEntity<typeof UserEntity>, changes: Changes) {
  const events: { action: string; details: AuditEvent['details'] }[] = [];
  const { username, email, profileImage, active, superuser, optins } = changes;
  const name = { username: user.username };
  if (active !== undefined && active !== user.active) {
    events.push({ action: active ? 'user.activated' : 'user.deactivated', details: name });
  }
  if (superuser !== undefined && superuser !== user.superuser) {
    events.push({ action: superuser ? 'user.promoted' : 'user.demoted', details: name });
  }
  if (username !== undefined && username !== user.username) {
    events.push({ action: 'user.renamed', details: { from: user.username, to: username } });
  }
  const rest = { email: email !== undefined, profileImage: profileImage !== undefined, optins: optins !== undefined };
  if (Object.values(rest).includes(true)) events.push({ action: 'user.updated', details: { ...name, ...rest } });
  return events;
}
