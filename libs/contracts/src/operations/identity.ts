import { z } from 'zod';
import { principalFacts } from '../facts.ts';
import { revision, storableText, timestampMs, username, uuid } from '../fields.ts';
import { event, lookup, mutation, stream } from '../operation.ts';
import { secret } from '../secret.ts';
import { serviceNames } from '../services.ts';

export const user = z.object({
  id: uuid,
  username: z.string(),
  profileImage: z.string().nullable(),
  active: z.boolean(),
  superuser: z.boolean(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
  lastLoginAt: timestampMs.nullable(),
  /** Whether the password was made for this person and should be replaced by one of their own. */
  mustChangePassword: z.boolean(),
});

export type User = z.infer<typeof user>;

/** What every access token says about itself; a token that says otherwise is refused. */
export const accessToken = { algorithm: 'ES256', issuer: 'flowkeep', audience: 'flowkeep', type: 'access' } as const;

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

/** What is true of a user now. */
export const principal = lookup({
  name: 'identity.principal',
  access: 'system',
  callers: ['gateway'],
  request: z.object({ userId: uuid }),
  reply: principalFacts,
  errors: ['user_not_found'],
  timeoutMs: 2_000,
});

/** The public keys that access tokens are verified with, as a JSON Web Key Set. */
export const jwks = lookup({
  name: 'identity.jwks',
  access: 'system',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({
    keys: z.array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        alg: z.literal('ES256'),
        use: z.literal('sig'),
        kid: z.string(),
        x: z.string(),
        y: z.string(),
      }),
    ),
  }),
  errors: [],
  timeoutMs: 2_000,
});

/** The caller's own account. */
export const whoami = lookup({
  name: 'identity.whoami',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({}),
  reply: user,
  errors: ['user_not_found'],
  timeoutMs: 2_000,
});

/** Replaces the caller's password and ends every other session of theirs. Only for a session, never for a key. */
export const changePassword = mutation({
  name: 'identity.changePassword',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({
    currentPassword: secret(z.string().min(1).max(1024)),
    newPassword: secret(z.string().min(8).max(1024)),
  }),
  reply: z.object({ userId: uuid, revision }),
  errors: ['password_wrong', 'password_unchanged', 'session_required', 'user_not_found', 'busy'],
  timeoutMs: 10_000,
});

/** One thing that happened, as its service recorded it in the transaction of the change. */
export const auditEvent = z.object({
  id: uuid,
  at: timestampMs,
  workspaceId: uuid.nullable(),
  actorId: uuid.nullable(),
  keyId: uuid.nullable(),
  /** `<subject>.<past participle>`, for example `key.revoked`. */
  action: z.string().max(64),
  subjectId: z.string().max(255).nullable(),
  /** Names and numbers only, never a secret. */
  details: z.record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean(), z.null()])),
});

export type AuditEvent = z.infer<typeof auditEvent>;

/** Stores other services' audit events, once each however often they arrive. */
export const appendAudit = mutation({
  name: 'identity.appendAudit',
  access: 'system',
  callers: ['keys', 'vault', 'runner'],
  request: z.object({ events: z.array(auditEvent).min(1).max(200) }),
  reply: z.object({ acknowledged: z.int() }),
  errors: [],
  timeoutMs: 5_000,
});

/** Picks events of the audit log; what is left out does not narrow. */
const auditFilter = z.object({
  actorId: uuid.optional(),
  /** The beginning of an action, for example `key.`. */
  action: storableText.min(1).max(64).optional(),
  subjectId: storableText.min(1).max(255).optional(),
  /** Not before this moment. */
  from: timestampMs.optional(),
  /** Before this moment. */
  to: timestampMs.optional(),
});

/** An event of the audit log with its place in it. */
export const auditEntry = auditEvent.extend({ sequence: z.int(), service: z.enum(serviceNames) });

export type AuditEntry = z.infer<typeof auditEntry>;

/**
 * The audit log of the whole installation, newest first. A page may have fewer events than were asked for, even none,
 * and be followed by another: `next` is null at the end.
 */
export const listAudit = lookup({
  name: 'identity.listAudit',
  access: 'audit:view',
  callers: ['gateway'],
  request: auditFilter.extend({
    /** Only events before this place; `next` of the page before. */
    before: z.int().positive().optional(),
    take: z.int().min(1).max(200).default(100),
  }),
  reply: z.object({ events: z.array(auditEntry), next: z.int().nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** The same to its end. A frame may have no events. */
export const exportAudit = stream({
  name: 'identity.exportAudit',
  access: 'audit:view',
  callers: ['gateway'],
  request: auditFilter,
  frame: z.object({ events: z.array(auditEntry) }),
  errors: [],
  timeoutMs: 5_000,
});

/** Users whose facts changed: caches drop them. */
export const principalsChanged = event({
  name: 'identity.principalsChanged',
  listeners: ['gateway'],
  payload: z.object({ principals: z.array(z.object({ userId: uuid, revision })).max(1000) }),
});
