import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';
import { UsageCounter } from '../usage/usage-counter.ts';
import { Authenticator } from './authenticator.ts';
import { decideCaller, requireAccess } from './decision.ts';
import { requireSameOrigin } from './same-origin.ts';

/** Lets a request in, or not: which credential, what it says, and what the route demands. */
@Injectable()
export class CredentialGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly usage: UsageCounter,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const route = request.routeOptions.config.route;
    if (route === undefined) throw new DomainError('route_not_found');
    if (route.access === 'public') return true;
    const { credential } = request;
    if (credential === null) throw new DomainError('credential_missing');
    if (credential.source === 'cookie') requireSameOrigin(request);
    const caller = decideCaller(await this.authenticator.authenticate(request, credential.kind), this.clock.now());
    requireAccess(caller, route.access);
    if (caller.keyId !== undefined) this.usage.count(caller.keyId);
    request.caller = caller;
    return true;
  }
}
