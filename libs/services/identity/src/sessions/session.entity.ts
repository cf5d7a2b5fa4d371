import { defineEntity, p } from '@mikro-orm/core';

/** One sign-in: what the access tokens issued from it stand and fall with. */
export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'session',
  indexes: [{ name: 'session_of_user_index', properties: ['userId', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    /** The workspace it was switched to; null = the person's own. */
    workspaceId: p.uuid().nullable(),
    createdAt: p.bigint('number'),
    lastUsedAt: p.bigint('number'),
    expiresAt: p.bigint('number'),
    endedAt: p.bigint('number').nullable(),
    address: p.string().length(64),
    userAgent: p.string().length(512),
  },
});
