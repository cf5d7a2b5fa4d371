import { z } from 'zod';
import { principalFacts } from '../../facts.ts';
import { revision, skip, storableText, take, timestampMs, username, uuid } from '../../fields.ts';
import { event, lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';

export const user = z.object({
  id: uuid,
  username: z.string(),
  email: z.string().nullable(),
  profileImage: z.string().nullable(),
  active: z.boolean(),
  superuser: z.boolean(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
  lastLoginAt: timestampMs.nullable(),
  /** Whether the password was made for this person and should be replaced by one of their own. */
  mustChangePassword: z.boolean(),
  /** What a client remembers about its person, for example which notes were closed. */
  optins: z.record(z.string(), z.boolean()),
});

export type User = z.infer<typeof user>;

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

const newPassword = secret(z.string().min(8).max(1024));

/**
 * Replaces the caller's password and ends every other session of theirs. Only for a session, never for a key. Without
 * the current password only shortly after a sign-in, which proved it.
 */
export const changePassword = mutation({
  name: 'identity.changePassword',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({
    currentPassword: secret(z.string().min(1).max(1024)).nullable(),
    newPassword,
  }),
  reply: z.object({ userId: uuid, revision }),
  errors: ['password_wrong', 'password_unchanged', 'session_required', 'user_not_found', 'busy'],
  timeoutMs: 10_000,
});

const email = z.email().max(255);
const profileImage = storableText.max(1024);
const optins = z
  .record(z.string().regex(/^[a-z_]{1,64}$/), z.boolean())
  .refine((value) => Object.keys(value).length <= 32);

/** People by name: those whose name, or address, begins with what is searched for. */
export const listUsers = lookup({
  name: 'identity.listUsers',
  access: 'users:manage',
  callers: ['gateway'],
  request: z.object({
    search: storableText.trim().max(255).default(''),
    skip: skip.default(0),
    take: take.default(100),
  }),
  reply: z.object({ total: z.int(), users: z.array(user) }),
  errors: [],
  timeoutMs: 5_000,
});

export const getUser = lookup({
  name: 'identity.getUser',
  access: 'users:manage',
  callers: ['gateway'],
  request: z.object({ userId: uuid }),
  reply: user,
  errors: ['user_not_found'],
  timeoutMs: 2_000,
});

/** Makes an account with a workspace of its own. Whether it is active from the start is a setting, unless it is said. */
export const createUser = mutation({
  name: 'identity.createUser',
  access: 'users:manage',
  callers: ['gateway'],
  request: z.object({
    username,
    password: newPassword,
    email: email.nullable().default(null),
    active: z.boolean().optional(),
    superuser: z.boolean().default(false),
    optins: optins.default({}),
  }),
  reply: user,
  errors: ['username_taken', 'email_taken', 'busy'],
  timeoutMs: 10_000,
});

/**
 * Changes an account. Everybody may change their own name, address, picture and notes while signed in; the rest, and
 * other people's, wants `users:manage`. Deactivating ends the person's sessions and stops their keys.
 */
export const updateUser = mutation({
  name: 'identity.updateUser',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({
    userId: uuid,
    username: username.optional(),
    email: email.nullable().optional(),
    profileImage: profileImage.nullable().optional(),
    active: z.boolean().optional(),
    superuser: z.boolean().optional(),
    optins: optins.optional(),
  }),
  reply: z.object({ user, revision }),
  errors: ['user_not_found', 'username_taken', 'email_taken', 'insufficient_permission', 'last_superuser'],
  timeoutMs: 5_000,
});

/** Gives somebody else a new password and ends all of their sessions. */
export const resetPassword = mutation({
  name: 'identity.resetPassword',
  access: 'users:manage',
  callers: ['gateway'],
  request: z.object({ userId: uuid, password: newPassword }),
  reply: z.object({ userId: uuid, revision }),
  errors: ['user_not_found', 'own_account', 'busy'],
  timeoutMs: 10_000,
});

/**
 * Removes an account: its sessions and keys end at once. Its flows either go to somebody else, with the workspaces that
 * hold what they need, or are deleted.
 */
export const deleteUser = mutation({
  name: 'identity.deleteUser',
  access: 'users:manage',
  callers: ['gateway'],
  request: z.object({
    userId: uuid,
    flows: z.enum(['transfer', 'delete']),
    /** Who gets what stays; the caller when it is nobody else. */
    heirId: uuid.nullable().default(null),
  }),
  reply: z.object({
    userId: uuid,
    /** Whose facts changed: the account's, and those of who takes over. */
    changed: z.array(z.object({ userId: uuid, revision })),
  }),
  errors: ['user_not_found', 'heir_not_found', 'own_account', 'last_superuser'],
  timeoutMs: 10_000,
});

/** Users whose facts changed: caches drop them. */
export const principalsChanged = event({
  name: 'identity.principalsChanged',
  listeners: ['gateway'],
  payload: z.object({ principals: z.array(z.object({ userId: uuid, revision })).max(1000) }),
});
