import { Controller, Req, Res } from '@nestjs/common';
import type { CallContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Facts } from '../../auth/facts.ts';
import { clearSessionCookies, refreshTokenOf, setSessionCookies } from '../../auth/session-cookies.ts';
import { Sessions } from '../../auth/sessions.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { flowiseRoutes as routes } from './routes/index.ts';
import { signedInUser } from './shapes/signed-in-user.ts';

/** Signing in with JSON. Tokens come in the body; a cookie is set only in exchange for one. */
@Controller()
export class FlowiseAuthController {
  constructor(
    private readonly sessions: Sessions,
    private readonly facts: Facts,
    private readonly clock: Clock,
  ) {}

  @Serves(routes.login)
  async login(
    @Input() { body }: InputOf<typeof routes.login>,
    @Req() request: FastifyRequest,
    @Context() context: CallContext,
  ) {
    return this.answer(await this.sessions.open(body, request, context));
  }

  @Serves(routes.refreshToken)
  async refreshToken(
    @Input() { body }: InputOf<typeof routes.refreshToken>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Context() context: CallContext,
  ) {
    const pair = await this.sessions.refresh(body.refreshToken ?? refreshTokenOf(request), request, context);
    if (body.refreshToken === undefined) setSessionCookies(request, reply, pair, this.clock.now());
    return this.answer(pair);
  }

  @Serves(routes.logout)
  logout(
    @Input() { body }: InputOf<typeof routes.logout>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Context() context: CallContext,
  ) {
    return this.leave(body.refreshToken, request, reply, context);
  }

  @Serves(routes.accountLogout)
  accountLogout(
    @Input() { body }: InputOf<typeof routes.accountLogout>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Context() context: CallContext,
  ) {
    return this.leave(body.refreshToken, request, reply, context);
  }

  /** Where Flowise's pages go first: an installation of ours always has its first user. */
  @Serves(routes.resolve)
  resolve() {
    return { redirectUrl: '/signin' };
  }

  @Serves(routes.register)
  register(): never {
    throw new DomainError('registration_closed');
  }

  private async leave(
    refreshToken: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
    context: CallContext,
  ) {
    await this.sessions.end(refreshToken ?? refreshTokenOf(request), context);
    clearSessionCookies(request, reply);
    return { message: 'logged_out', redirectTo: '/login' };
  }

  private async answer({
    accessToken,
    refreshToken,
    userId,
  }: Record<'accessToken' | 'refreshToken' | 'userId', string>) {
    return { token: accessToken, refreshToken, user: signedInUser(await this.facts.principals.get(userId)) };
  }
}
