import { z } from 'zod';
import { revision, timestampMs, uuid } from './fields.ts';

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
  memberships: z.array(z.object({ workspaceId: uuid, role: z.enum(workspaceRoles) })),
  /** The sessions that have not ended; a token of any other is refused. */
  sessionIds: z.array(uuid),
  revision,
});

export type PrincipalFacts = z.infer<typeof principalFacts>;

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
  revision,
});

export type CredentialFacts = z.infer<typeof credentialFacts>;
