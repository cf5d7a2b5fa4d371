import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { type Caller, DomainError, environmentKeyId, errorRegistry } from '@flowkeep/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KeyLimits } from '../limits/key-limits.ts';
import type { LimitState } from '../limits/lease-account.ts';
import { setLimitHeaders } from '../limits/limit-headers.ts';
import { UsageCounter } from '../usage/usage-counter.ts';
import { Authenticator } from './authenticator.ts';
import { decideCaller, requireAccess } from './decision.ts';
import { requireSameOrigin } from './same-origin.ts';
import { namedWorkspace } from './workspace-scope.ts';

/** Lets a request in, or not: which credential, what it says, and what the route demands. */
@Injectable()
export class CredentialGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: KeyLimits,
    private readonly usage: UsageCounter,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const route = request.routeOptions.config.route;
    if (route === undefined) throw new DomainError('route_not_found');
    if (route.access === 'public') return true;
    const caller = await (route.access === 'optional' ? this.known(request) : this.required(request));
    if (caller === null) return true;
    await this.spend(request, http.getResponse<FastifyReply>());
    requireAccess(caller, route.access);
    request.caller = caller;
    this.countUse(request);
    return true;
  }

  private async required(request: FastifyRequest): Promise<Caller> {
    const { credential } = request;
    if (credential === null) throw new DomainError('credential_missing');
    if (credential.source === 'cookie') requireSameOrigin(request);
    const facts = await this.authenticator.authenticate(request, credential.kind);
    const caller = decideCaller(facts, this.clock.now(), request.clientAddress, namedWorkspace(request.headers));
    request.keyFacts = facts.key ?? null;
    return caller;
  }

  /** Every request with a key that counts is one of those the key may make, whatever becomes of it. */
  private async spend({ keyFacts }: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (keyFacts === null) return;
    let state: LimitState | null = null;
    try {
      state = await this.limits.spend(keyFacts);
    } catch (error) {
      state = this.limits.stateOf(keyFacts);
      throw error;
    } finally {
      if (state !== null) setLimitHeaders(reply, state);
    }
  }

  private countUse({ keyFacts, clientAddress, params }: FastifyRequest): void {
    if (keyFacts === null || keyFacts.keyId === environmentKeyId) return;
    const { keyId, secret } = keyFacts;
    this.usage.count({
      keyId,
      secret,
      address: clientAddress,
      flow: (params as { flow?: string } | null)?.flow ?? null,
    });
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
