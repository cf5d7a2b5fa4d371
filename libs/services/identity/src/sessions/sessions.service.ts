import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { DomainError, principalsChanged, type ReplyOf, type RequestOf, type signIn } from '@flowkeep/contracts';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database, UuidV7 } from '@flowkeep/persistence';
import { AuditService } from '../audit/audit.service.ts';
import { IdentityOptions } from '../identity-options.ts';
import { UserEntity } from '../users/user.entity.ts';
import { usernameKey } from '../users/users.service.ts';
import { AccessTokens } from './access-tokens.ts';
import { SessionEntity } from './session.entity.ts';

/** Signing in. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly hasher: PasswordHasher,
    private readonly tokens: AccessTokens,
    private readonly audit: AuditService,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly options: IdentityOptions,
  ) {}

  /**
   * Opens a session. Whoever does not know the password learns nothing about the account: an unknown user, a wrong
   * password and an inactive account are one answer and take as long.
   */
  async signIn(request: RequestOf<typeof signIn>): Promise<ReplyOf<typeof signIn>> {
    const key = usernameKey(request.username);
    const user = await this.database.read((em) => em.findOne(UserEntity, { usernameKey: key }));
    const matches = await this.hasher.verify(user?.passwordHash ?? null, request.password);
    if (user === null || !matches) throw new DomainError('sign_in_failed');
    if (!user.active) throw new DomainError(user.lastLoginAt === null ? 'approval_pending' : 'user_inactive');
    const sessionId = this.ids.next();
    // Signed before the session is stored: a vault that is away must not leave sessions nobody has a token of.
    const { token, expiresAt } = await this.tokens.issue(user.id, sessionId);
    const revision = await this.open(user.id, sessionId, request);
    this.bus.emit(principalsChanged, { principals: [{ userId: user.id, revision }] });
    return { accessToken: token, expiresAt, userId: user.id, sessionId, revision };
  }

  private open(userId: string, sessionId: string, request: RequestOf<typeof signIn>): Promise<number> {
    const now = this.clock.now();
    return this.database.transaction(async (em) => {
      const user = await em.findOneOrFail(UserEntity, { id: userId });
      user.revision += 1;
      user.lastLoginAt = now;
      em.create(SessionEntity, {
        id: sessionId,
        userId,
        createdAt: now,
        lastUsedAt: now,
        expiresAt: now + this.options.sessionSeconds * 1000,
        endedAt: null,
        address: request.address,
        userAgent: request.userAgent,
      });
      await this.audit.append(em, 'identity', [
        {
          id: this.ids.next(),
          at: now,
          workspaceId: null,
          actorId: userId,
          keyId: null,
          action: 'session.opened',
          subjectId: sessionId,
          details: { address: request.address },
        },
      ]);
      await em.flush();
      return user.revision;
    });
  }
}
