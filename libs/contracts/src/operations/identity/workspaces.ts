import { z } from 'zod';
import { workspaceRoles } from '../../facts.ts';
import { displayName, revision, timestampMs, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';

const role = z.enum(workspaceRoles);

export const workspace = z.object({
  id: uuid,
  name: z.string(),
  /** What the caller is in it; null for a superuser who sees it without being a member. */
  role: role.nullable(),
  /** Whether it came with somebody's account; it stays as long as the account does. */
  personal: z.boolean(),
  members: z.int(),
  createdAt: timestampMs,
  archivedAt: timestampMs.nullable(),
});

export type Workspace = z.infer<typeof workspace>;

export const member = z.object({ userId: uuid, username: z.string(), active: z.boolean(), role });

export type Member = z.infer<typeof member>;

/** Whose facts a change touched. */
const changed = z.object({ userId: uuid, revision });

/** The workspaces the caller is a member of, or with `all`, for `users:manage`, every one of the installation. */
export const listWorkspaces = lookup({
  name: 'identity.listWorkspaces',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({ all: z.boolean().default(false) }),
  reply: z.object({ workspaces: z.array(workspace) }),
  errors: ['insufficient_permission'],
  timeoutMs: 5_000,
});

/** Makes a workspace that the caller owns. */
export const createWorkspace = mutation({
  name: 'identity.createWorkspace',
  access: 'workspaces:create',
  callers: ['gateway'],
  request: z.object({ name: displayName }),
  reply: z.object({ workspace, changed: z.array(changed) }),
  errors: [],
  timeoutMs: 5_000,
});

/**
 * Renames a workspace, archives it or brings it back. In an archived workspace nobody has a role and no key works;
 * nothing in it is lost. For its owners, and for whoever has `users:manage`.
 */
export const updateWorkspace = mutation({
  name: 'identity.updateWorkspace',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({ workspaceId: uuid, name: displayName.optional(), archived: z.boolean().optional() }),
  reply: z.object({ workspace, changed: z.array(changed).max(1000) }),
  errors: ['workspace_not_found', 'insufficient_permission', 'personal_workspace'],
  timeoutMs: 5_000,
});

/** Makes another workspace the one this session works in. */
export const switchWorkspace = mutation({
  name: 'identity.switchWorkspace',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({ workspaceId: uuid }),
  reply: changed,
  errors: ['workspace_not_found', 'session_required'],
  timeoutMs: 5_000,
});

/** The members of the workspace the request is in. */
export const listMembers = lookup({
  name: 'identity.listMembers',
  access: 'members:view',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({ members: z.array(member) }),
  errors: [],
  timeoutMs: 5_000,
});

/** Gives a member another role. Nobody gives or takes a role above their own; an owner must stay. */
export const updateMember = mutation({
  name: 'identity.updateMember',
  access: 'members:manage',
  callers: ['gateway'],
  request: z.object({ userId: uuid, role }),
  reply: z.object({ member, changed: z.array(changed) }),
  errors: ['member_not_found', 'insufficient_permission', 'last_owner'],
  timeoutMs: 5_000,
});

/** Takes a member out of the workspace; everybody may leave by themselves. */
export const removeMember = mutation({
  name: 'identity.removeMember',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({ userId: uuid }),
  reply: changed,
  errors: ['member_not_found', 'insufficient_permission', 'last_owner', 'personal_workspace'],
  timeoutMs: 5_000,
});

export const invitation = z.object({
  id: uuid,
  role,
  createdBy: uuid,
  createdAt: timestampMs,
  expiresAt: timestampMs,
});

export type Invitation = z.infer<typeof invitation>;

const longestInvitationSeconds = 30 * 86_400;

/** Makes a token that takes one person, once, into the workspace. The reply is the only time it is seen. */
export const createInvitation = mutation({
  name: 'identity.createInvitation',
  access: 'members:manage',
  callers: ['gateway'],
  request: z.object({
    role,
    expiresInSeconds: z
      .int()
      .min(60)
      .max(longestInvitationSeconds)
      .default(7 * 86_400),
  }),
  reply: z.object({ invitation, token: secret(z.string()) }),
  errors: ['insufficient_permission'],
  timeoutMs: 5_000,
});

/** The invitations nobody has taken yet. */
export const listInvitations = lookup({
  name: 'identity.listInvitations',
  access: 'members:manage',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({ invitations: z.array(invitation) }),
  errors: [],
  timeoutMs: 5_000,
});

export const deleteInvitation = mutation({
  name: 'identity.deleteInvitation',
  access: 'members:manage',
  callers: ['gateway'],
  request: z.object({ invitationId: uuid }),
  reply: z.object({ invitationId: uuid }),
  errors: ['invitation_not_found'],
  timeoutMs: 5_000,
});

/** Takes the caller, signed in with a password, into the workspace of the invitation. */
export const acceptInvitation = mutation({
  name: 'identity.acceptInvitation',
  access: 'signed-in',
  callers: ['gateway'],
  request: z.object({ token: secret(z.string().min(1).max(128)) }),
  reply: z.object({ workspaceId: uuid, role, changed: z.array(changed) }),
  errors: ['invitation_not_found', 'session_required'],
  timeoutMs: 5_000,
});
