import { defineEntity, p } from '@mikro-orm/core';

/**
 * A refresh token of a session, known by its SHA-256 alone. One per session is current; used ones are kept for as long
 * as the session could last, so that one that comes back is recognised.
 */
export const RefreshTokenEntity = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_token',
  properties: {
    hash: p.string().length(64).primary(),
    sessionId: p.uuid().index(),
    usedAt: p.bigint('number').nullable(),
    /** In hex, only during the grace after its use; see `RefreshTokens`. */
    successorSecret: p.string().length(64).nullable().hidden(),
    graceEndsAt: p.bigint('number').nullable().index(),
    /** When the row is of no use any more: the end of the longest life its session can have. */
    expiresAt: p.bigint('number').index(),
  },
});
