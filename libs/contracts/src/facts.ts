import { z } from 'zod';
import { revision, timestampMs, uuid } from './fields.ts';
import { quota, rateLimit } from './operations/keys/limits.ts';

/** From most to least allowed. */
export const workspaceRoles = ['owner', 'admin', 'editor', 'runner', 'viewer'] as const;

export type WorkspaceRole = (typeof workspaceRoles)[number];

/** What is true of a person now, shared by every key and token of theirs. Facts only: requests are decided from them. */
export const principalFacts = z.object({
  userId: uuid,
  username: z.string(),
  active: z.boolean(),
  superuser: z.boolean(),
  defaultWorkspaceId: uuid,
  /** Roles in workspaces that are not archived. */
  memberships: z.array(z.object({ workspaceId: uuid, role: z.enum(workspaceRoles) })),
  /** The sessions that have not ended; a token of any other is refused. Each with the workspace it was switched to. */
  sessions: z.array(z.object({ id: uuid, workspaceId: uuid.nullable() })),
  revision,
});

export type PrincipalFacts = z.infer<typeof principalFacts>;

/** The id of the key the operator gives with `API_KEY`; no key of the database has it. */
export const environmentKeyId = '00000000-0000-4000-8000-00000000000e';

/** What is true of an API key now, whoever presents it. */
export const credentialFacts = z.object({
  keyId: uuid,
  ownerId: uuid,
  workspaceId: uuid,
  /** As given at creation: native names, aliases or `*`. */
  permissions: z.array(z.string()),
  scope: z.object({ flowIds: z.array(uuid), projectIds: z.array(uuid) }),
  enabled: z.boolean(),
  notBefore: timestampMs.nullable(),
  expiresAt: timestampMs.nullable(),
  /** Where it may be used from; empty = from everywhere. */
  addresses: z.array(z.string()),
  rateLimit: rateLimit.nullable(),
  quota: quota.nullable(),
  /** Which of the key's secrets was presented: a rotation may leave the one before valid for a while. */
  secret: z.enum(['current', 'previous']),
  /** Until when that secret counts; null = as long as the key. */
  secretValidUntil: timestampMs.nullable(),
  revision,
});

export type CredentialFacts = z.infer<typeof credentialFacts>;
