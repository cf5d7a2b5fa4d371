import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as vault from '../../operations/vault/index.ts';
import { asked, type NativeRoute, page, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const params = z.strictObject({ credentialId: uuid });

const credentialType = z.object({
  name: z.string(),
  label: z.string(),
  fields: z.array(
    z.object({
      label: z.string(),
      name: z.string(),
      type: z.enum(['password', 'url', 'string', 'number', 'boolean']),
      optional: z.boolean().optional(),
      default: z.string().optional(),
    }),
  ),
});

export const credentialRoutes = {
  listCredentials: asked(vault.listCredentials, 'The credentials of the workspace, newest first.', {
    query: page.extend({
      types: z
        .union([z.string(), z.array(z.string()).max(50)])
        .optional()
        .transform((types) => (types === undefined ? [] : [types].flat())),
    }),
  }),
  createCredential: asked(vault.createCredential, 'Stores a credential of several fields; they are write-only.', {
    status: 201,
    body: strict(vault.createCredential.request),
  }),
  getCredential: asked(vault.getCredential, 'One credential, with what may be seen of its fields.', { params }),
  updateCredential: asked(vault.updateCredential, 'Changes what is given; a field that is null goes.', {
    params,
    body: strict(vault.updateCredential.request.omit({ credentialId: true })),
  }),
  deleteCredential: asked(vault.deleteCredential, 'Deletes a credential.', { params }),
  listCredentialTypes: {
    summary: 'The kinds of credentials, and which fields each has.',
    status: 200,
    access: 'signed-in',
    operation: null,
    reply: z.object({ types: z.array(credentialType) }),
  },
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
