import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { type Caller, DomainError, errorRegistry } from '@flowkeep/contracts';
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
    const caller = await (route.access === 'optional' ? this.known(request) : this.required(request));
    if (caller === null) return true;
    requireAccess(caller, route.access);
    if (caller.keyId !== undefined) this.usage.count(caller.keyId);
    request.caller = caller;
    return true;
  }

  private async required(request: FastifyRequest): Promise<Caller> {
    const { credential } = request;
    if (credential === null) throw new DomainError('credential_missing');
    if (credential.source === 'cookie') requireSameOrigin(request);
    return decideCaller(await this.authenticator.authenticate(request, credential.kind), this.clock.now());
  }

  /** A credential that is refused elsewhere is none here; not being able to tell is a failure all the same. */
  private async known(request: FastifyRequest): Promise<Caller | null> {
    try {
      return await this.required(request);
    } catch (error) {
      if (error instanceof DomainError && errorRegistry[error.code].status < 500) return null;
      throw error;
    }
  }
}
