import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { accessToken, type CredentialFacts, DomainError, type PrincipalFacts } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { Strategy as JwtStrategy } from 'passport-jwt';
import { z } from 'zod';
import { Facts } from './facts.ts';
import { PresentedKeys } from './presented-keys.ts';
import { strategyVerifier } from './strategy-verifier.ts';
import { TokenKeys } from './token-keys.ts';

/** What is true of whoever sent the request. The verdict is taken from it per request, by the guard. */
export interface Authenticated {
  readonly principal: PrincipalFacts;
  readonly key?: CredentialFacts;
  readonly sessionId?: string;
}

/** Times in seconds since 1970. */
const claims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  type: z.literal(accessToken.type),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
});

/** How far the clock of the identity that signed may be ahead of ours. */
const clockSkewMs = 60_000;

/** A token of a session its user doesn't seem to have makes us ask again at most this often per user. */
const unknownSessionPauseMs = 1_000;

type Done = (error: Error | null, user?: Authenticated) => void;

/** Verifies the credential that was chosen, with a Passport strategy per kind. */
@Injectable()
export class Authenticator {
  private readonly verify = {
    key: strategyVerifier<Authenticated>(this.keyStrategy(), (info) => refusal('key', info)),
    token: strategyVerifier<Authenticated>(this.tokenStrategy(), (info) => refusal('token', info)),
  };

  constructor(
    private readonly facts: Facts,
    private readonly keys: PresentedKeys,
    private readonly tokenKeys: TokenKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `key_invalid`, `token_invalid`, `token_expired`, or `unavailable` when facts can't be had
   */
  async authenticate(request: FastifyRequest, kind: 'key' | 'token'): Promise<Authenticated> {
    try {
      return await this.verify[kind](request);
    } catch (error) {
      throw toDomainError(error);
    }
  }

  private keyStrategy() {
    return new HeaderAPIKeyStrategy(
      { header: 'x-api-key', prefix: '' },
      true,
      (_key: string, done: Done, request: unknown) => {
        this.ofKey(request as FastifyRequest).then((user) => done(null, user), done);
      },
    );
  }

  private tokenStrategy() {
    return new JwtStrategy(
      {
        jwtFromRequest: (request: unknown) => (request as FastifyRequest).credential?.value ?? null,
        // The token only names one of identity's keys; everything else about its verification is fixed here.
        secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
          this.tokenKeys.find(keyIdOf(token)).then((key) => done(null, key as never), done);
        },
        algorithms: [accessToken.algorithm],
        issuer: accessToken.issuer,
        audience: accessToken.audience,
        // Times are checked below, by our own clock.
        ignoreExpiration: true,
      },
      (payload: unknown, done: Done) => {
        this.ofToken(payload).then((user) => done(null, user), done);
      },
    );
  }

  private async ofKey({ credential, clientAddress }: FastifyRequest): Promise<Authenticated> {
    if (credential?.hash === undefined) throw new DomainError('key_invalid', { detail: 'the key was not screened' });
    const key = await this.keys.lookUp(credential.value, credential.hash, clientAddress);
    return { key, principal: await this.holder(key.ownerId, 'key_invalid') };
  }

  private async ofToken(payload: unknown): Promise<Authenticated> {
    const parsed = claims.safeParse(payload);
    if (!parsed.success) throw new DomainError('token_invalid', { detail: 'the token lacks a claim' });
    const { sub: userId, sid: sessionId, exp, iat, nbf } = parsed.data;
    const now = this.clock.now();
    if (iat * 1000 > now + clockSkewMs || (nbf !== undefined && nbf * 1000 > now)) {
      throw new DomainError('token_invalid', { detail: 'the token is not valid yet' });
    }
    if (exp * 1000 <= now) throw new DomainError('token_expired');
    const principal = await this.holder(userId, 'user_inactive');
    if (principal.sessions.some(({ id }) => id === sessionId)) return { principal, sessionId };
    // Opened through another gateway a moment ago, perhaps, and the news of it got lost.
    return { principal: await this.holder(userId, 'user_inactive', unknownSessionPauseMs), sessionId };
  }

  private async holder(
    userId: string,
    whenMissing: 'key_invalid' | 'user_inactive',
    maxAgeMs?: number,
  ): Promise<PrincipalFacts> {
    try {
      return await this.facts.principals.get(userId, maxAgeMs);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'user_not_found') throw new DomainError(whenMissing);
      throw error;
    }
  }
}

function keyIdOf(token: string): string | undefined {
  try {
    const header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) as unknown;
    const kid = (header as { kid?: unknown } | null)?.kid;
    return typeof kid === 'string' && kid.length <= 128 ? kid : undefined;
  } catch {
    return undefined;
  }
}

function refusal(kind: 'key' | 'token', info: unknown): DomainError {
  if (info instanceof DomainError) return info;
  if (kind === 'key') return new DomainError('key_invalid');
  return new DomainError('token_invalid', info instanceof Error ? { detail: info.message } : {});
}

function toDomainError(error: unknown): Error {
  if (error instanceof DomainError) return error;
  return new DomainError('internal', { detail: error instanceof Error ? error.message : 'authentication failed' });
}
