import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as identity from '../../operations/identity/index.ts';
import { asked, type NativeRoute } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const ofUser = z.strictObject({ userId: uuid });

export const sessionRoutes = {
  listSessions: asked(identity.listSessions, "The caller's sessions, newest first.", {}),
  endSession: asked(identity.endSession, "Ends one of the caller's sessions; its tokens stop working at once.", {
    params: z.strictObject({ sessionId: uuid }),
  }),
  listUserSessions: asked(identity.listUserSessions, "A user's sessions, newest first.", { params: ofUser }),
  endUserSessions: asked(identity.endUserSessions, 'Ends all sessions of a user.', { params: ofUser }),
  listSigningKeys: asked(identity.listSigningKeys, 'The keys access tokens are signed with, newest first.', {}),
  rotateSigningKey: asked(identity.rotateSigningKey, 'Makes the key that signs next; nobody is signed out.', {}),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
