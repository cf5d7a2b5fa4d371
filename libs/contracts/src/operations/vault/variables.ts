import { z } from 'zod';
import { skip, storableText, take, timestampMs, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';

/** What a variable holds: a credential is write-only, a generic value may be read back. Both are encrypted. */
export const variableKinds = ['credential', 'generic'] as const;

/** Where a variable has its value. */
export const variableSources = ['value', 'reference'] as const;

/** Up to 255 characters; a header or a flow names it exactly so. */
export const variableName = storableText.trim().min(1).max(255);
const variableValue = secret(z.string().min(1).max(1_048_576));
/**
 * Where a value is instead of in the vault: `env:NAME` in the environment of the vault, or `file:/path`. Looked up at each
 * use, never stored.
 */
const variableReference = storableText.max(4096).regex(/^(env:[A-Za-z_][A-Za-z0-9_]{0,254}|file:\/.+)$/);
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
  /** Where its value is, for those who may see credentials; null for a value in the vault. */
  reference: z.string().nullable(),
  /** Whether the value is in the vault, or the variable says where it is. */
  source: z.enum(variableSources),
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

/**
 * Stores a variable in the caller's workspace, where its name is unique: with a value, or as a credential with a reference,
 * which needs `credentials:reference` and an operator's grant.
 */
export const createVariable = mutation({
  name: 'vault.createVariable',
  access: 'variables:create',
  callers: ['gateway'],
  request: z.object({
    name: variableName,
    value: variableValue.optional(),
    reference: variableReference.optional(),
    kind: z.enum(variableKinds).default('credential'),
    defaultFields: defaultFields.default([]),
  }),
  reply: variable,
  errors: ['name_taken', 'insufficient_permission', 'reference_refused'],
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
    reference: variableReference.optional(),
    kind: z.enum(variableKinds).optional(),
    defaultFields: defaultFields.optional(),
  }),
  reply: variable,
  errors: ['variable_not_found', 'name_taken', 'conflict', 'insufficient_permission', 'reference_refused'],
  timeoutMs: 5_000,
});

export const deleteVariable = mutation({
  name: 'vault.deleteVariable',
  access: 'variables:delete',
  callers: ['gateway'],
  request: z.object({
    variableId: uuid,
    /** Also while flows take it by its name. */
    force: z.boolean().default(false),
  }),
  reply: z.object({ variableId: uuid }),
  errors: ['variable_not_found', 'variable_in_use'],
  timeoutMs: 5_000,
});

/**
 * Which variables of a workspace apply to fields by themselves, oldest first: names, never values. A field that several
 * name is told of the oldest alone.
 */
export const listDefaultFields = lookup({
  name: 'vault.listDefaultFields',
  access: 'system',
  callers: ['runner'],
  request: z.object({ workspaceId: uuid }),
  reply: z.object({ variables: z.array(z.object({ name: z.string(), fields: z.array(z.string()).min(1) })) }),
  errors: [],
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
