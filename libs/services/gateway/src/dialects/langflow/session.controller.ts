import { Controller, Req, Res } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { DomainError, whoami } from '@flowkeep/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isCrossSite } from '../../auth/same-origin.ts';
import {
  clearSessionCookies,
  type CookieTokens,
  refreshTokenOf,
  setSessionCookies,
} from '../../auth/session-cookies.ts';
import { Sessions } from '../../auth/sessions.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { langflowRoutes as routes } from './routes/index.ts';
import { userRead } from './shapes/user-read.ts';
import { version } from './version.ts';

/** Signing in and out, and who one is. */
@Controller()
export class LangflowSessionController {
  constructor(
    private readonly bus: Bus,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  @Serves(routes.login)
  async login(
    @Input() { body }: InputOf<typeof routes.login>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Context() context: CallContext,
  ) {
    return this.answer(await this.sessions.open(body, request, context), request, reply);
  }

  @Serves(routes.refresh)
  async refresh(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Context() context: CallContext,
  ) {
    if (isCrossSite(request)) throw new DomainError('cross_site_request');
    return this.answer(await this.sessions.refresh(refreshTokenOf(request), request, context), request, reply);
  }

  @Serves(routes.logout)
  async logout(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Context() context: CallContext,
  ) {
    await this.sessions.end(refreshTokenOf(request), context);
    clearSessionCookies(request, reply);
    return { message: 'Logout successful' };
  }

  @Serves(routes.session)
  async session(@Context() context: CallContext) {
    const authenticated = context.caller !== null;
    return { authenticated, user: authenticated ? userRead(await this.bus.call(whoami, {}, context)) : null };
  }

  /** There is no automatic login; its documented answer for "off" tells clients to show their login form. */
  @Serves(routes.autoLogin)
  autoLogin() {
    return { detail: { message: 'Auto login is disabled. Please enable it in the settings', auto_login: false } };
  }

  @Serves(routes.whoami)
  async whoami(@Context() context: CallContext) {
    return userRead(await this.bus.call(whoami, {}, context));
  }

  @Serves(routes.version)
  version() {
    return { version, main_version: version, package: 'Flowkeep' };
  }

  private answer(tokens: CookieTokens, request: FastifyRequest, reply: FastifyReply) {
    setSessionCookies(request, reply, tokens, this.clock.now());
    return { access_token: tokens.accessToken, refresh_token: tokens.refreshToken, token_type: 'bearer' };
  }
}
