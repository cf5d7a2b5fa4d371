import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as identity from '../../operations/identity/index.ts';
import { asked, type NativeRoute, page, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const params = z.strictObject({ userId: uuid });

export const userRoutes = {
  listUsers: asked(identity.listUsers, 'The accounts of the installation by name.', {
    query: page.extend({ search: z.string().max(255).default('') }),
  }),
  createUser: asked(identity.createUser, 'Makes an account with a workspace of its own.', {
    status: 201,
    body: strict(identity.createUser.request),
  }),
  getUser: asked(identity.getUser, 'One account.', { params }),
  updateUser: asked(identity.updateUser, 'Changes an account; people may change what is theirs alone themselves.', {
    params,
    body: strict(identity.updateUser.request.omit({ userId: true })),
  }),
  resetPassword: asked(identity.resetPassword, 'Gives a person a new password; ends all of their sessions.', {
    params,
    body: strict(identity.resetPassword.request.omit({ userId: true })),
  }),
  deleteUser: asked(identity.deleteUser, 'Removes an account; its flows go to somebody else or are deleted.', {
    params,
    query: strict(identity.deleteUser.request.omit({ userId: true })),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
