import { z } from 'zod';
import { uuid } from '../fields.ts';
import { lookup, mutation } from '../operation.ts';
import { flowSummary } from './runner.ts';
import { variableName } from './vault/variables.ts';

/** Flows that take a variable: the latest changes first, at most 100. */
const usedBy = z.array(z.object({ flowId: uuid, name: z.string() }));

/** The variables that flows take by name, also those that do not exist, each with the flows that the caller may see. */
export const listVariableUses = lookup({
  name: 'runner.listVariableUses',
  access: 'flows:view',
  callers: ['gateway'],
  request: z.object({
    /** Only this one. */
    name: variableName.optional(),
    /** Those after this name: the `next` of the page before. */
    after: z.string().max(255).optional(),
    take: z.int().min(1).max(1000).default(100),
  }),
  reply: z.object({
    /** By name; `total` counts the flows beyond those that are listed. */
    uses: z.array(z.object({ variable: z.string(), total: z.int(), usedBy })),
    next: z.string().nullable(),
  }),
  errors: [],
  timeoutMs: 5_000,
});

/** Whether flows of the caller's workspace take a variable, for whoever is about to delete it. */
export const variableUse = lookup({
  name: 'runner.variableUse',
  access: 'variables:delete',
  callers: ['vault'],
  request: z.object({ name: z.string().max(255) }),
  /** `total` counts all of them, `usedBy` has those that the caller may see. */
  reply: z.object({ total: z.int(), usedBy }),
  errors: [],
  timeoutMs: 2_000,
});

/**
 * Makes a secret that was taken out of a flow a credential of the workspace, and the field take it by name. Needs
 * `variables:create` too. Saves the flow like any other change.
 */
export const promoteSecret = mutation({
  name: 'runner.promoteSecret',
  access: 'flows:update',
  callers: ['gateway'],
  request: z.object({
    flowId: uuid,
    /** The place, as the report of the import has it. */
    nodeId: z.string().max(255),
    field: z.string().max(1024),
    /** What the credential is to be called. */
    name: variableName,
    /** Refuses when the flow is at another version. */
    version: z.int().positive(),
  }),
  reply: z.object({ variableId: uuid, flow: flowSummary }),
  errors: [
    'flow_not_found',
    'flow_secret_not_found',
    'flow_changed',
    'name_taken',
    'insufficient_permission',
    'variable_unreadable',
    'conflict',
  ],
  timeoutMs: 15_000,
});
