import { z } from 'zod';
import { revision, timestampMs, username, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';

/** What a client of a session holds: a short token to act with, and one that gets it the next pair, once. */
const tokenPair = z.object({
  accessToken: secret(z.string()),
  expiresAt: timestampMs,
  refreshToken: secret(z.string()),
  /** When the session ends unless it is refreshed before. */
  refreshExpiresAt: timestampMs,
  userId: uuid,
  sessionId: uuid,
});

const refreshToken = secret(z.string().min(1).max(128));

const address = z.string().max(64);

/** Checks a password and opens a session. Unknown user, wrong password and inactive user are one answer. */
export const signIn = mutation({
  name: 'identity.signIn',
  access: 'system',
  callers: ['gateway'],
  request: z.object({
    username,
    password: secret(z.string().min(1).max(1024)),
    address,
    userAgent: z.string().max(512),
  }),
  reply: tokenPair.extend({ revision }),
  errors: ['sign_in_failed', 'too_many_attempts', 'approval_pending', 'user_inactive', 'busy'],
  timeoutMs: 10_000,
});

/**
 * Changes a refresh token for the next pair. The token counts once: when it comes again its session ends, except
 * that the immediately previous one is answered with the same successor for 10 s.
 */
export const refresh = mutation({
  name: 'identity.refresh',
  access: 'system',
  callers: ['gateway'],
  request: z.object({ refreshToken, address }),
  reply: tokenPair,
  errors: ['refresh_token_invalid', 'too_many_attempts', 'user_inactive'],
  timeoutMs: 5_000,
});

/**
 * Ends a session: the one of the refresh token, or without one the caller's own. Nothing to end is no error, and is
 * answered with null.
 */
export const signOut = mutation({
  name: 'identity.signOut',
  access: 'system',
  callers: ['gateway'],
  request: z.object({ refreshToken: refreshToken.nullable() }),
  reply: z.object({ ended: z.object({ userId: uuid, sessionId: uuid, revision }).nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** A sign-in that still counts, as its owner and administrators see it. */
export const userSession = z.object({
  id: uuid,
  createdAt: timestampMs,
  /** The sign-in, or the last refresh. */
  lastUsedAt: timestampMs,
  /** When it ends unless it is refreshed before. */
  expiresAt: timestampMs,
  address: z.string(),
  userAgent: z.string(),
});

export type UserSession = z.infer<typeof userSession>;

/** The caller's own sessions, newest first. Only for a session, never for a key. */
export const listSessions = lookup({
  name: 'identity.listSessions',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({
    /** `current` is the one that asks. */
    sessions: z.array(userSession.extend({ current: z.boolean() })),
  }),
  errors: ['session_required'],
  timeoutMs: 2_000,
});

/** Ends one of the caller's own sessions, the one that asks included. Only for a session, never for a key. */
export const endSession = mutation({
  name: 'identity.endSession',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({ sessionId: uuid }),
  reply: z.object({ userId: uuid, sessionId: uuid, revision }),
  errors: ['session_required', 'session_not_found'],
  timeoutMs: 5_000,
});

/** Anybody's sessions, newest first. */
export const listUserSessions = lookup({
  name: 'identity.listUserSessions',
  access: 'sessions:manage',
  callers: ['gateway'],
  request: z.object({ userId: uuid }),
  reply: z.object({ sessions: z.array(userSession) }),
  errors: ['user_not_found'],
  timeoutMs: 2_000,
});

/** Ends all sessions of anybody. */
export const endUserSessions = mutation({
  name: 'identity.endUserSessions',
  access: 'sessions:manage',
  callers: ['gateway'],
  request: z.object({ userId: uuid }),
  reply: z.object({
    userId: uuid,
    /** How many there were. */
    ended: z.int().nonnegative(),
    revision,
  }),
  errors: ['user_not_found'],
  timeoutMs: 5_000,
});
