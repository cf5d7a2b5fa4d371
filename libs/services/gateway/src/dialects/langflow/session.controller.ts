import { Controller, Req } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { signIn, whoami } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';
import { Facts } from '../../auth/facts.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { langflowRoutes as routes } from './routes.ts';
import { userRead } from './shapes/user-read.ts';
import { version } from './version.ts';

/** Signing in, and who one is. */
@Controller()
export class LangflowSessionController {
  constructor(
    private readonly bus: Bus,
    private readonly facts: Facts,
  ) {}

  /** The new session counts here before the answer is sent, and elsewhere as soon as the news arrives. */
  @Serves(routes.login)
  async login(
    @Input() { body }: InputOf<typeof routes.login>,
    @Req() request: FastifyRequest,
    @Context() context: CallContext,
  ) {
    const client = { address: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 512) };
    const { accessToken, userId, revision } = await this.bus.call(signIn, { ...body, ...client }, context);
    this.facts.principals.changed(userId, revision);
    return { access_token: accessToken, refresh_token: null, token_type: 'bearer' };
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
}
