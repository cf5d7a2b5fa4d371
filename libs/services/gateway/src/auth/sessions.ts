import { Injectable } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { DomainError, refresh, type ReplyOf, signIn, signOut } from '@flowkeep/contracts';
import { isRefreshTokenForm } from '@flowkeep/crypto';
import type { FastifyRequest } from 'fastify';
import { Facts } from './facts.ts';

/** Sessions as every dialect opens, refreshes and ends them; what changes counts here before the answer is sent. */
@Injectable()
export class Sessions {
  constructor(
    private readonly bus: Bus,
    private readonly facts: Facts,
  ) {}

  /** @throws DomainError `sign_in_failed`, `too_many_attempts`, `approval_pending`, `user_inactive`, `busy` */
  async open(
    credentials: { readonly username: string; readonly password: string },
    request: FastifyRequest,
    context: CallContext,
  ): Promise<ReplyOf<typeof signIn>> {
    const client = { address: request.clientAddress, userAgent: (request.headers['user-agent'] ?? '').slice(0, 512) };
    const opened = await this.bus.call(signIn, { ...credentials, ...client }, context);
    this.facts.principals.changed(opened.userId, opened.revision);
    return opened;
  }

  /** @throws DomainError `refresh_token_invalid`, also for null, `too_many_attempts` and `user_inactive` */
  async refresh(
    refreshToken: string | null,
    request: FastifyRequest,
    context: CallContext,
  ): Promise<ReplyOf<typeof refresh>> {
    if (refreshToken === null || !isRefreshTokenForm(refreshToken)) throw new DomainError('refresh_token_invalid');
    return this.bus.call(refresh, { refreshToken, address: request.clientAddress }, context);
  }

  /** Ends the session of the refresh token and the caller's; what there is nothing of is left alone. */
  async end(refreshToken: string | null, context: CallContext): Promise<void> {
    if (refreshToken !== null && isRefreshTokenForm(refreshToken)) await this.signOut(refreshToken, context);
    if (context.caller?.sessionId !== undefined) await this.signOut(null, context);
  }

  private async signOut(refreshToken: string | null, context: CallContext): Promise<void> {
    const { ended } = await this.bus.call(signOut, { refreshToken }, context);
    if (ended !== null) this.facts.principals.changed(ended.userId, ended.revision);
  }
}
