import type { FastifyReply } from 'fastify';
import type { LimitState } from './lease-account.ts';

/** Tells a client how much its key may still do (the RateLimit header fields of the IETF draft). */
export function setLimitHeaders(reply: FastifyReply, { limit, remaining, resetSeconds }: LimitState): void {
  void reply.headers({
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
  });
}
