import { z } from 'zod';
import { timestampMs, uuid } from '../../fields.ts';
import * as keys from '../../operations/keys/index.ts';
import { grantablePermissions } from '../../permissions.ts';
import { secret } from '../../secret.ts';
import { asked, type NativeRoute, page, strict, timeInQuery } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const params = z.strictObject({ keyId: uuid });
const { search, after } = keys.listKeys.request.shape;

/** A key as it would be presented. The gateway hashes it: it goes no further. */
const presented = z.strictObject({ key: secret(z.string().min(1).max(4096)) });

export const keyRoutes = {
  listKeys: asked(keys.listKeys, "The caller's API keys, newest first.", {
    query: page.extend({ search, after, unusedSince: timeInQuery }),
  }),
  createKey: asked(keys.createKey, 'Makes an API key. The answer is the only time it is seen.', {
    status: 201,
    body: strict(keys.createKey.request),
  }),
  getKey: asked(keys.getKey, 'One key.', { params }),
  updateKey: asked(keys.updateKey, 'Changes what is given of a key; it counts at once.', {
    params,
    body: strict(keys.updateKey.request.omit({ keyId: true })),
  }),
  rotateKey: asked(keys.rotateKey, 'Gives a key a new secret. The answer is the only time it is seen.', {
    params,
    body: strict(keys.rotateKey.request.omit({ keyId: true })),
  }),
  keyUsage: asked(keys.keyUsage, 'How often a key was used, per flow and day.', {
    params,
    query: strict(keys.keyUsage.request.omit({ keyId: true })),
  }),
  deleteKey: asked(keys.deleteKey, 'Deletes a key; it stops working at once.', { params }),
  deleteKeys: asked(keys.deleteKeys, 'Deletes several keys; says which there were.', {
    body: strict(keys.deleteKeys.request),
  }),
  verifyKey: {
    summary: 'Whether a key of the workspace counts now, and if not why. Counts as no use.',
    status: 200,
    access: 'keys:view',
    body: presented.extend({
      /** Whether it may open this flow. */
      flowId: uuid.optional(),
      /** Whether it allows this, under any of its names. */
      permission: z
        .string()
        .refine((name) => name !== '*' && grantablePermissions.has(name), 'There is no such permission.')
        .optional(),
      /** Whether it may be used from here. */
      address: z.union([z.ipv4(), z.ipv6()]).optional(),
    }),
    operation: null,
    reply: z.object({
      valid: z.boolean(),
      verdict: z.enum(keys.keyVerdicts).nullable(),
      /** Null for a key that is not of this workspace, like for one that is none. */
      key: z
        .object({
          id: uuid,
          ownerId: uuid,
          secret: z.enum(['current', 'previous']),
          /** The end of the key or of this secret, whichever is sooner. */
          validUntil: timestampMs.nullable(),
        })
        .nullable(),
    }),
  },
  reportKey: {
    summary: 'Disables a key that was found where it must not be, whoever holds it. Unknown keys get the same answer.',
    status: 200,
    access: 'keys:report',
    body: presented,
    operation: null,
    reply: z.object({ accepted: z.literal(true) }),
  },
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
