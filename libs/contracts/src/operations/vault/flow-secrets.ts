import { z } from 'zod';
import { storableText, uuid } from '../../fields.ts';
import { mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';
import { variableName } from './variables.ts';

const flowSecretPlace = z.object({ id: uuid, nodeId: storableText.max(255), field: storableText.max(1024) });

/** Stores secrets that were found in a flow, before the flow itself is stored. Said twice it is done once. */
export const keepFlowSecrets = mutation({
  name: 'vault.keepFlowSecrets',
  access: 'system',
  callers: ['runner'],
  request: z.object({
    workspaceId: uuid,
    flowId: uuid,
    secrets: z
      .array(flowSecretPlace.extend({ value: secret(z.string().max(1_048_576)) }))
      .min(1)
      .max(1000),
  }),
  reply: z.object({ kept: z.int() }),
  errors: [],
  timeoutMs: 10_000,
});

/** Deletes secrets of a flow: those named, or all of them. Those that are gone already are no error. */
export const dropFlowSecrets = mutation({
  name: 'vault.dropFlowSecrets',
  access: 'system',
  callers: ['runner'],
  request: z.object({ flowId: uuid, secretIds: z.array(uuid).max(1000).nullable() }),
  reply: z.object({ dropped: z.int() }),
  errors: [],
  timeoutMs: 10_000,
});

/**
 * Makes a hidden secret of a flow a credential of the caller's workspace; the secret itself stays until it is dropped. Said
 * twice it is done once. The value does not leave the vault.
 */
export const promoteFlowSecret = mutation({
  name: 'vault.promoteFlowSecret',
  access: 'variables:create',
  callers: ['runner'],
  request: z.object({ flowId: uuid, secretId: uuid, name: variableName }),
  reply: z.object({ variableId: uuid, name: z.string() }),
  errors: ['flow_secret_not_found', 'name_taken', 'invalid_request', 'variable_unreadable'],
  timeoutMs: 5_000,
});
