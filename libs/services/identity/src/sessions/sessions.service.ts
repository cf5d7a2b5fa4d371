import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  DomainError,
  principalsChanged,
  type refresh,
  type ReplyOf,
  type RequestOf,
  type signIn,
  type signOut,
} from '@flowkeep/contracts';
import { isRefreshTokenForm } from '@flowkeep/crypto';
import { Database, query, UuidV7 } from '@flowkeep/persistence';
import { AuditService } from '../audit/audit.service.ts';
import { IdentityOptions } from '../identity-options.ts';
import { Provisioning } from '../users/provisioning.ts';
import { UserEntity } from '../users/user.entity.ts';
import { AccessTokens } from '../signing-keys/access-tokens.ts';
import { raiseRevision } from './end-sessions.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { SessionEntity } from './session.entity.ts';
import { SignInAttempts } from './sign-in-attempts.ts';
import { type Attempt, SignInThrottle } from './sign-in-throttle.ts';

/** However often it is refreshed, nobody stays signed in for longer. */
const longestSessionMs = 90 * 86_400_000;

type Ended = NonNullable<ReplyOf<typeof signOut>['ended']>;

/** Signing in, staying signed in, signing out. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly attempts: SignInAttempts,
    private readonly throttle: SignInThrottle,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly audit: AuditService,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly options: IdentityOptions,
    private readonly provisioning: Provisioning,
  ) {}

  /**
   * Opens a session. Whoever does not know the password learns nothing about the account: an unknown user, a wrong
   * password and an inactive account are one answer and take as long.
   */
  async signIn(request: RequestOf<typeof signIn>): Promise<ReplyOf<typeof signIn>> {
    const { user, attempt } = await this.attempts.verify(request);
    if (!user.active) throw new DomainError(user.lastLoginAt === null ? 'approval_pending' : 'user_inactive');
    await this.audit.ready();
    const sessionId = this.ids.next();
    // Signed before the session is stored: a vault that is away must not leave sessions nobody has a token of.
    const { token: accessToken, expiresAt } = await this.accessTokens.issue(user.id, sessionId);
    const opened = await this.open(user.id, sessionId, request, attempt);
    this.bus.emit(principalsChanged, { principals: [{ userId: user.id, revision: opened.revision }] });
    await this.provisioning.atSignIn(user);
    return { accessToken, expiresAt, userId: user.id, sessionId, ...opened };
  }

  /**
   * Changes a refresh token for the next pair. A token that was used before has been copied by somebody, and nobody can
   * tell which of the two is the thief: the session ends. Tokens that nobody knows are limited per address; one that is
   * known is never kept waiting for them.
   */
  async refresh({ refreshToken, address }: RequestOf<typeof refresh>): Promise<ReplyOf<typeof refresh>> {
    const session = await this.sessionOf(refreshToken);
    if (session === null) {
      await this.throttle.unknownRefreshToken(address);
      throw new DomainError('refresh_token_invalid');
    }
    const { id: sessionId, userId } = session;
    await this.audit.ready();
    // Signed first, as above: the token must not be used up for nothing.
    const { token: accessToken, expiresAt } = await this.accessTokens.issue(userId, sessionId);
    const outcome = await this.database.transaction((em) => this.rotate(em, sessionId, refreshToken, address));
    if ('ended' in outcome) {
      this.tell(outcome.ended);
      throw new DomainError('refresh_token_invalid', {
        detail: 'a used refresh token came back: its session is ended',
      });
    }
    return { accessToken, expiresAt, userId, sessionId, ...outcome };
  }

  /** Ends the session of a refresh token, used or not, or without one the caller's own. */
  async signOut({ refreshToken }: RequestOf<typeof signOut>, caller: Caller | null): Promise<ReplyOf<typeof signOut>> {
    const sessionId =
      refreshToken === null ? (caller?.sessionId ?? null) : ((await this.sessionOf(refreshToken))?.id ?? null);
    if (sessionId === null) return { ended: null };
    await this.audit.ready();
    const ended = await this.database.transaction(async (em) => {
      const session = await em.findOne(SessionEntity, { id: sessionId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (session === null || session.endedAt != null) return null;
      session.endedAt = this.clock.now();
      return this.end(em, session, 'session.ended', {});
    });
    if (ended !== null) this.tell(ended);
    return { ended };
  }

  private sessionOf(refreshToken: string) {
    if (!isRefreshTokenForm(refreshToken)) return Promise.resolve(null);
    return this.database.read(async (em) => {
      const id = await this.refreshTokens.sessionOf(em, refreshToken);
      return id === null ? null : em.findOne(SessionEntity, { id });
    });
  }

  private open(userId: string, sessionId: string, request: RequestOf<typeof signIn>, attempt: Attempt) {
    const now = this.clock.now();
    const refreshExpiresAt = this.endOf(now, now);
    return this.database.transaction(async (em) => {
      await query(em, 'update app_user set last_login_at = $2 where id = $1', [userId, now]);
      const revision = await raiseRevision(em, userId);
      em.create(SessionEntity, {
        id: sessionId,
        userId,
        createdAt: now,
        lastUsedAt: now,
        expiresAt: refreshExpiresAt,
        endedAt: null,
        address: request.address,
        userAgent: request.userAgent,
      });
      const refreshToken = await this.refreshTokens.start(em, sessionId, now + longestSessionMs);
      await this.throttle.succeeded(em, attempt);
      await this.record(em, 'session.opened', { userId, sessionId }, { address: request.address });
      return { revision, refreshToken, refreshExpiresAt };
    });
  }

  /** Takes the next step of a session's chain. The session's row is the lock: two steps never cross. */
  private async rotate(em: SqlEntityManager, sessionId: string, token: string, address: string) {
    const now = this.clock.now();
    const session = await em.findOneOrFail(SessionEntity, { id: sessionId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (session.endedAt != null || session.expiresAt <= now) throw new DomainError('refresh_token_invalid');
    const longest = session.createdAt + longestSessionMs;
    const rotation = await this.refreshTokens.rotate(em, token, sessionId, longest);
    if (rotation === 'unknown') throw new DomainError('refresh_token_invalid');
    if (rotation === 'reused') {
      session.endedAt = now;
      return { ended: await this.end(em, session, 'session.reuse-detected', { address }) };
    }
    const { active } = await em.findOneOrFail(UserEntity, { id: session.userId }, { fields: ['active'] });
    if (!active) throw new DomainError('user_inactive');
    session.lastUsedAt = now;
    session.expiresAt = this.endOf(session.createdAt, now);
    return { refreshToken: rotation.successor, refreshExpiresAt: session.expiresAt };
  }

  private endOf(createdAt: number, usedAt: number): number {
    return Math.min(usedAt + this.options.sessionSeconds * 1000, createdAt + longestSessionMs);
  }

  private async end(
    em: SqlEntityManager,
    { id: sessionId, userId }: { readonly id: string; readonly userId: string },
    action: 'session.ended' | 'session.reuse-detected',
    details: Record<string, string>,
  ): Promise<Ended> {
    await this.refreshTokens.forget(em, sessionId);
    const revision = await raiseRevision(em, userId);
    await this.record(em, action, { userId, sessionId }, details);
    return { userId, sessionId, revision };
  }

  private tell({ userId, revision }: Ended): void {
    this.bus.emit(principalsChanged, { principals: [{ userId, revision }] });
  }

  private record(
    em: SqlEntityManager,
    action: string,
    { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
    details: Record<string, string>,
  ): Promise<void> {
    const event = { id: this.ids.next(), at: this.clock.now(), workspaceId: null, actorId: userId, keyId: null };
    return this.audit.append(em, 'identity', [{ ...event, action, subjectId: sessionId, details }]);
  }
}
