import { z } from 'zod';
import { uuid } from '../../fields.ts';
import * as identity from '../../operations/identity/index.ts';
import { asked, type NativeRoute, strict } from '../native-route.ts';
import type { NativeRouteName } from '../paths.ts';

const ofMember = z.strictObject({ userId: uuid });

/** A flag in a query. */
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const workspaceRoutes = {
  switchWorkspace: asked(identity.switchWorkspace, 'Makes another workspace the one this session works in.', {
    body: strict(identity.switchWorkspace.request),
  }),
  listWorkspaces: asked(identity.listWorkspaces, "The caller's workspaces; with `all` every one, for administrators.", {
    query: z.strictObject({ all: flag.optional() }),
  }),
  createWorkspace: asked(identity.createWorkspace, 'Makes a workspace that the caller owns.', {
    status: 201,
    body: strict(identity.createWorkspace.request),
  }),
  updateWorkspace: asked(identity.updateWorkspace, 'Renames a workspace, archives it or brings it back.', {
    params: z.strictObject({ workspaceId: uuid }),
    body: strict(identity.updateWorkspace.request.omit({ workspaceId: true })),
  }),
  listMembers: asked(identity.listMembers, 'The members of the workspace.', {}),
  updateMember: asked(identity.updateMember, 'Gives a member another role.', {
    params: ofMember,
    body: strict(identity.updateMember.request.omit({ userId: true })),
  }),
  removeMember: asked(identity.removeMember, 'Takes a member out of the workspace; everybody may leave.', {
    params: ofMember,
  }),
  listInvitations: asked(identity.listInvitations, 'The invitations nobody has taken yet.', {}),
  createInvitation: asked(
    identity.createInvitation,
    'Makes a one-time way into the workspace; its token is seen once.',
    {
      status: 201,
      body: strict(identity.createInvitation.request),
    },
  ),
  acceptInvitation: asked(identity.acceptInvitation, 'Takes the caller into the workspace of an invitation.', {
    body: strict(identity.acceptInvitation.request),
  }),
  deleteInvitation: asked(identity.deleteInvitation, 'Takes an invitation back.', {
    params: z.strictObject({ invitationId: uuid }),
  }),
} as const satisfies Partial<Record<NativeRouteName, NativeRoute>>;
