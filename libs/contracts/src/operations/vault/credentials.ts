import { z } from 'zod';
import { displayName, skip, take, timestampMs, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';

/** A kind of credential, described or not. */
const credentialTypeName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);
const fieldName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/);
const fieldValue = z.union([z.string().max(65_536), z.number(), z.boolean()]);
const fields = z
  .record(fieldName, secret(fieldValue))
  .refine((given) => Object.keys(given).length <= 50, 'At most 50 fields.');

/** Several fields that belong together, for one service; its fields are write-only. */
export const credential = z.object({
  id: uuid,
  workspaceId: uuid,
  ownerId: uuid,
  name: z.string(),
  type: z.string(),
  /** Tells two contents apart without telling either; null for one that can't be opened. */
  fingerprint: z.string().nullable(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
});

export type Credential = z.infer<typeof credential>;

/** What may be seen of a credential's fields: null for a password, an address without its password. */
export const openedCredential = credential.extend({
  fields: z.record(z.string(), fieldValue.nullable()),
});

export type OpenedCredential = z.infer<typeof openedCredential>;

/** The credentials of the caller's workspace, newest first. */
export const listCredentials = lookup({
  name: 'vault.listCredentials',
  access: 'credentials:view',
  callers: ['gateway'],
  request: z.object({
    /** Only these kinds. */
    types: z.array(credentialTypeName).max(50).default([]),
    skip: skip.default(0),
    take: take.default(1000),
  }),
  reply: z.object({ total: z.int(), credentials: z.array(credential) }),
  errors: [],
  timeoutMs: 5_000,
});

/** One credential, with what may be seen of its fields, for whoever may change it. */
export const getCredential = lookup({
  name: 'vault.getCredential',
  access: 'credentials:update',
  callers: ['gateway'],
  request: z.object({ credentialId: uuid }),
  reply: openedCredential,
  errors: ['credential_not_found', 'credential_unreadable'],
  timeoutMs: 5_000,
});

export const createCredential = mutation({
  name: 'vault.createCredential',
  access: 'credentials:create',
  callers: ['gateway'],
  request: z.object({ name: displayName, type: credentialTypeName, fields }),
  reply: credential,
  errors: [],
  timeoutMs: 5_000,
});

/**
 * Changes what is given. Fields are laid over those there are; null takes one away, and an address that comes back as it
 * is shown stays as it is. Of another kind a credential keeps no field.
 */
export const updateCredential = mutation({
  name: 'vault.updateCredential',
  access: 'credentials:update',
  callers: ['gateway'],
  request: z.object({
    credentialId: uuid,
    name: displayName.optional(),
    type: credentialTypeName.optional(),
    fields: z
      .record(fieldName, secret(fieldValue).nullable())
      .refine((given) => Object.keys(given).length <= 50, 'At most 50 fields.')
      .optional(),
  }),
  reply: credential,
  errors: ['credential_not_found', 'credential_unreadable', 'conflict'],
  timeoutMs: 5_000,
});

export const deleteCredential = mutation({
  name: 'vault.deleteCredential',
  access: 'credentials:delete',
  callers: ['gateway'],
  request: z.object({ credentialId: uuid }),
  reply: z.object({ credentialId: uuid }),
  errors: ['credential_not_found'],
  timeoutMs: 5_000,
});
