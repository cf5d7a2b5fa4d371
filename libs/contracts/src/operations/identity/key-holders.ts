import { z } from 'zod';
import { username, uuid } from '../../fields.ts';
import { lookup } from '../../operation.ts';

/** Whose a key is that the operator gives: a user by name, or the first active superuser when none is named. */
export const keyHolder = lookup({
  name: 'identity.keyHolder',
  access: 'system',
  callers: ['gateway', 'keys'],
  request: z.object({ username: username.nullable() }),
  reply: z.object({ userId: uuid, workspaceId: uuid }),
  errors: ['user_not_found'],
  timeoutMs: 2_000,
});
