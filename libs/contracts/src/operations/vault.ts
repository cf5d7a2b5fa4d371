import { z } from 'zod';
import { skip, storableText, take, timestampMs, uuid } from '../fields.ts';
import { event, lookup, mutation } from '../operation.ts';
import { secret } from '../secret.ts';

/** The name of a secret that a service keeps for itself, for example `access-token-key`. */
const systemSecretName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,127}$/);

/** A secret of the calling service; no service can name another's. */
export const readSystemSecret = lookup({
  name: 'vault.system',
  access: 'system',
  callers: ['identity', 'keys', 'runner'],
  request: z.object({ name: systemSecretName }),
  reply: z.object({ value: secret(z.string()).nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** Stores a secret of the calling service unless it has one of that name; answers with the one that counts. */
export const keepSystemSecret = mutation({
  name: 'vault.keepSystem',
  access: 'system',
  callers: ['identity', 'keys', 'runner'],
  request: z.object({ name: systemSecretName, value: secret(z.string().min(1).max(65_536)) }),
  reply: z.object({ value: secret(z.string()), created: z.boolean() }),
  errors: [],
  timeoutMs: 5_000,
});

/** What a variable holds: a credential is write-only, a generic value may be read back. Both are encrypted. */
export const variableKinds = ['credential', 'generic'] as const;

/** Up to 255 characters; a header or a flow names it exactly so. */
const variableName = storableText.trim().min(1).max(255);
const variableValue = secret(z.string().min(1).max(1_048_576));
/** Display names of fields that pick the variable by themselves. */
const defaultFields = z.array(storableText.trim().min(1).max(255)).max(100);

/** A variable as lists show it. */
export const variable = z.object({
  id: uuid,
  workspaceId: uuid,
  ownerId: uuid,
  name: z.string(),
  kind: z.enum(variableKinds),
  /** A generic variable's value; null for a credential. */
  value: secret(z.string()).nullable(),
  defaultFields: z.array(z.string()),
  /** Who set the value last: a person's is never replaced by the environment's. */
  origin: z.enum(['person', 'environment']),
  /** Tells two values apart without telling either; null for a value that can't be opened. */
  fingerprint: z.string().nullable(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
  lastUsedAt: timestampMs.nullable(),
});

export type Variable = z.infer<typeof variable>;

/** Stores a variable in the caller's workspace, where its name is unique. */
export const createVariable = mutation({
  name: 'vault.createVariable',
  access: 'variables:create',
  callers: ['gateway'],
  request: z.object({
    name: variableName,
    value: variableValue,
    kind: z.enum(variableKinds).default('credential'),
    defaultFields: defaultFields.default([]),
  }),
  reply: variable,
  errors: ['name_taken'],
  timeoutMs: 5_000,
});

/** The variables of the caller's workspace by name. */
export const listVariables = lookup({
  name: 'vault.listVariables',
  access: 'variables:view',
  callers: ['gateway'],
  request: z.object({ skip: skip.default(0), take: take.default(1000) }),
  reply: z.object({ total: z.int(), variables: z.array(variable) }),
  errors: [],
  timeoutMs: 5_000,
});

/** Changes what is given and leaves the rest. */
export const updateVariable = mutation({
  name: 'vault.updateVariable',
  access: 'variables:update',
  callers: ['gateway'],
  request: z.object({
    variableId: uuid,
    name: variableName.optional(),
    value: variableValue.optional(),
    kind: z.enum(variableKinds).optional(),
    defaultFields: defaultFields.optional(),
  }),
  reply: variable,
  errors: ['variable_not_found', 'name_taken', 'conflict'],
  timeoutMs: 5_000,
});

export const deleteVariable = mutation({
  name: 'vault.deleteVariable',
  access: 'variables:delete',
  callers: ['gateway'],
  request: z.object({ variableId: uuid }),
  reply: z.object({ variableId: uuid }),
  errors: ['variable_not_found'],
  timeoutMs: 5_000,
});

/**
 * Makes variables of what the server's environment holds for model providers. A variable that a person made or changed
 * stays as it is.
 */
export const importEnvironment = mutation({
  name: 'vault.importEnvironment',
  access: 'system',
  callers: ['identity'],
  request: z.object({ workspaceId: uuid, userId: uuid }),
  reply: z.object({ imported: z.int() }),
  errors: [],
  timeoutMs: 2_000,
});

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
