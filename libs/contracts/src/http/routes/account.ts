import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as identity from '../../operations/identity/index.ts';
import { permissions } from '../../permissions.ts';
import { asked, type NativeRoute, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const account = z.object({
  user: identity.user,
  /** The workspace the request is in. */
  workspaceId: uuid,
  /** What the caller may do now. */
  permissions: z.array(z.enum(permissions)),
});

export const accountRoutes = {
  session: {
    summary: 'Who the caller is and what the caller may do.',
    status: 200,
    access: 'signed-in',
    operation: null,
    reply: account,
  },
  changePassword: asked(identity.changePassword, "Replaces the caller's password; ends their other sessions.", {
    body: strict(identity.changePassword.request).extend({
      currentPassword: identity.changePassword.request.shape.currentPassword.unwrap(),
    }),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
