import { z } from 'zod';
import { uuid } from '../../fields.ts';
import { mutation } from '../../operation.ts';

/** Deletes everything kept for a workspace whose last person was deleted. Doing it again changes nothing. */
export const dropWorkspace = mutation({
  name: 'vault.dropWorkspace',
  access: 'system',
  callers: ['identity'],
  request: z.object({ workspaceId: uuid }),
  reply: z.object({ workspaceId: uuid }),
  errors: [],
  timeoutMs: 10_000,
});
