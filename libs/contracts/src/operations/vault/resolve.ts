import { z } from 'zod';
import { uuid } from '../../fields.ts';
import { event, lookup } from '../../operation.ts';
import { secret } from '../../secret.ts';
import { variableKinds } from './variables.ts';

/**
 * Everything a run needs to know, in one answer: variables of the flow's workspace by name and secrets of the flow by
 * id. What does not exist is left out; what can't be opened is named.
 */
export const resolve = lookup({
  name: 'vault.resolve',
  access: 'system',
  callers: ['runner'],
  request: z.object({
    workspaceId: uuid,
    flowId: uuid,
    variables: z.array(z.string().max(255)).max(1000),
    secretIds: z.array(uuid).max(1000),
  }),
  reply: z.object({
    variables: z.array(z.object({ name: z.string(), kind: z.enum(variableKinds), value: secret(z.string()) })),
    secrets: z.array(z.object({ id: uuid, value: secret(z.string()) })),
    /** Names and ids of what is there and can't be opened. */
    unreadable: z.array(z.string()),
  }),
  errors: [],
  timeoutMs: 5_000,
});

/** Variables and flow secrets that changed or went: who keeps values for a moment forgets them. */
export const secretsChanged = event({
  name: 'vault.secretsChanged',
  listeners: ['runner'],
  payload: z.object({ workspaceIds: z.array(uuid).max(1000) }),
});
