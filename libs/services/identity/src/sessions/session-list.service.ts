import { type InferEntity, LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type AuditEvent,
  type Caller,
  DomainError,
  type endSession,
  type endUserSessions,
  type listSessions,
  type listUserSessions,
  principalsChanged,
  type ReplyOf,
  type RequestOf,
  type UserSession,
} from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { UserEntity } from '../users/user.entity.ts';
import { endSessionsOf, raiseRevision } from './end-sessions.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { SessionEntity } from './session.entity.ts';

/** As many as count: of more, a user's oldest are refused anyway. */
const maxListed = 100;

type StoredSession = InferEntity<typeof SessionEntity>;

/** Which sessions there are, and ending them from elsewhere. */
@Injectable()
export class SessionListService {
  constructor(
    private readonly database: Database,
    private readonly refreshTokens: RefreshTokens,
    private readonly events: OwnEvents,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `session_required` */
  async own(caller: Caller): Promise<ReplyOf<typeof listSessions>> {
    const current = requireSession(caller);
    const sessions = await this.database.read((em) => this.living(em, caller.userId));
    return { sessions: sessions.map((session) => ({ ...toView(session), current: session.id === current })) };
  }

  /** @throws DomainError `user_not_found` */
  async ofUser({ userId }: RequestOf<typeof listUserSessions>): Promise<ReplyOf<typeof listUserSessions>> {
    return this.database.read(async (em) => {
      if ((await em.count(UserEntity, { id: userId })) === 0) throw new DomainError('user_not_found');
      return { sessions: (await this.living(em, userId)).map(toView) };
    });
  }

  /**
   * A key can't do it: whoever holds a key that leaked must not be able to keep its owner out.
   *
   * @throws DomainError `session_required`; `session_not_found`, also for somebody else's
   */
  async endOwn(caller: Caller, { sessionId }: RequestOf<typeof endSession>): Promise<ReplyOf<typeof endSession>> {
    requireSession(caller);
    const { userId } = caller;
    await this.events.ready();
    const revision = await this.database.transaction(async (em) => {
      const [session] = await this.living(em, userId, { id: sessionId }, LockMode.PESSIMISTIC_WRITE);
      if (session === undefined) throw new DomainError('session_not_found');
      session.endedAt = this.clock.now();
      await em.flush();
      await this.refreshTokens.forget(em, sessionId);
      return this.recordChange(em, caller, userId, 'session.ended', sessionId, {});
    });
    this.tell(userId, revision);
    return { userId, sessionId, revision };
  }

  /** @throws DomainError `user_not_found` */
  async endOfUser(
    caller: Caller,
    { userId }: RequestOf<typeof endUserSessions>,
  ): Promise<ReplyOf<typeof endUserSessions>> {
    await this.events.ready();
    const { ended, revision } = await this.database.transaction(async (em) => {
      const endedSessions = await endSessionsOf(em, userId, this.clock.now());
      const raised = await this.recordChange(em, caller, userId, 'user.sessions-ended', userId, { endedSessions });
      return { ended: endedSessions, revision: raised };
    });
    this.tell(userId, revision);
    return { userId, ended, revision };
  }

  private living(
    em: SqlEntityManager,
    userId: string,
    also: { readonly id?: string } = {},
    lockMode?: LockMode.PESSIMISTIC_WRITE,
  ): Promise<StoredSession[]> {
    const living = { userId, endedAt: null, expiresAt: { $gt: this.clock.now() }, ...also };
    const lock = lockMode === undefined ? {} : { lockMode };
    return em.find(SessionEntity, living, { orderBy: { id: 'desc' }, limit: maxListed, ...lock });
  }

  /** Makes the facts of the user new ones, and says who did it. Last, as it locks the user and the log. */
  private async recordChange(
    em: SqlEntityManager,
    caller: Caller,
    userId: string,
    action: 'session.ended' | 'user.sessions-ended',
    subjectId: string,
    details: AuditEvent['details'],
  ): Promise<number> {
    const revision = await raiseRevision(em, userId);
    await this.events.record(em, { caller, action, subjectId, details });
    return revision;
  }

  private tell(userId: string, revision: number): void {
    this.bus.emit(principalsChanged, { principals: [{ userId, revision }] });
  }
}

/** The session that asks. */
function requireSession({ sessionId }: Caller): string {
  if (sessionId === undefined) throw new DomainError('session_required');
  return sessionId;
}

function toView({ id, createdAt, lastUsedAt, expiresAt, address, userAgent }: StoredSession): UserSession {
  return { id, createdAt, lastUsedAt, expiresAt, address, userAgent };
}
