import { z } from 'zod';
import { flowReference, sessionId, skip, take, timestampMs, uuid } from '../fields.ts';
import { lookup, mutation, stream } from '../operation.ts';
import { secret } from '../secret.ts';

/** The products whose flows Flowkeep runs. */
export const flowDialects = ['langflow', 'flowise'] as const;

export const flowAccess = ['private', 'public'] as const;

/** The part of a flow that lists show: everything but its graph. */
export const flowSummary = z.object({
  id: uuid,
  workspaceId: uuid,
  ownerId: uuid,
  projectId: uuid.nullable(),
  dialect: z.enum(flowDialects),
  name: z.string(),
  description: z.string().nullable(),
  endpointName: z.string().nullable(),
  access: z.enum(flowAccess),
  component: z.boolean(),
  webhook: z.boolean(),
  version: z.int(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
});

export type FlowSummary = z.infer<typeof flowSummary>;

/**
 * A JSON object of any depth. Only the outermost level is looked at: the bus carries nothing but JSON, a walk through a
 * whole export would hold everything else up, and recursion would end at the depth that a hostile one has.
 */
const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<Record<string, z.core.util.JSONType>>;

/** A flow with its original JSON, given back as it came in. */
export const flow = flowSummary.extend({
  /** The export's own envelope and graph, unknown keys included. */
  document: jsonObject,
});

export type Flow = z.infer<typeof flow>;

/** Reads one flow export, or a collection of them, and stores what it holds. Nothing is stored unless all of it can be. */
export const importFlows = mutation({
  name: 'runner.importFlows',
  access: 'flows:create',
  callers: ['gateway'],
  request: z.object({
    dialect: z.enum(flowDialects),
    /** As they came, with the literal secrets that are taken out before anything is stored. */
    documents: z.array(secret(jsonObject)).min(1).max(500),
    projectId: uuid.nullable().default(null),
  }),
  reply: z.object({
    flows: z.array(flow),
    /** Where literal secrets were; they now lie in the vault, or are gone where the server keeps none. */
    lifted: z.array(z.object({ flowId: uuid, nodeId: z.string(), field: z.string(), kept: z.boolean() })),
    /** Empty secret fields that now take a variable, because it applies to fields of their name. */
    bound: z.array(z.object({ flowId: uuid, nodeId: z.string(), field: z.string(), variable: z.string() })),
  }),
  errors: ['flow_invalid', 'project_not_found'],
  timeoutMs: 30_000,
});

/** Puts the flows that come with Flowkeep into a workspace; those that are there already stay as they are. */
export const addExamples = mutation({
  name: 'runner.addExamples',
  access: 'system',
  callers: ['identity'],
  request: z.object({ workspaceId: uuid, userId: uuid }),
  reply: z.object({ added: z.int() }),
  errors: [],
  timeoutMs: 10_000,
});

/** The flows the caller may see, newest change first. */
export const listFlows = lookup({
  name: 'runner.listFlows',
  access: 'flows:view',
  callers: ['gateway'],
  request: z.object({ skip: skip.default(0), take: take.default(1000), withDocuments: z.boolean().default(false) }),
  reply: z.object({ total: z.int(), flows: z.array(flowSummary.extend({ document: jsonObject.optional() })) }),
  errors: [],
  timeoutMs: 10_000,
});

/** One flow by its id. */
export const getFlow = lookup({
  name: 'runner.getFlow',
  access: 'flows:view',
  callers: ['gateway'],
  request: z.object({ flowId: uuid }),
  reply: flow,
  errors: ['flow_not_found'],
  timeoutMs: 5_000,
});

/**
 * Saves changes of a flow and keeps the version before. A field that a client got as null because it holds a secret
 * keeps that secret when it comes back as null; an empty text clears it.
 */
export const updateFlow = mutation({
  name: 'runner.updateFlow',
  access: 'flows:update',
  callers: ['gateway'],
  request: z.object({
    flowId: uuid,
    /** Members of the dialect's envelope, for Langflow `name`, `data`, `endpoint_name`…; what is absent stays. */
    changes: secret(jsonObject),
    /** Refuses the save when the flow is at another version. */
    version: z.int().positive().nullable().default(null),
  }),
  reply: flow,
  errors: ['flow_not_found', 'flow_invalid', 'flow_changed', 'name_taken', 'project_not_found', 'conflict'],
  timeoutMs: 30_000,
});

/**
 * Gives what a deleted user owned to an heir, or deletes it; workspaces that end are emptied. Works in steps: until the
 * reply says so it is not done. Doing it again changes nothing.
 */
export const releaseOwner = mutation({
  name: 'runner.releaseOwner',
  access: 'system',
  callers: ['identity'],
  request: z.object({ userId: uuid, heirId: uuid.nullable(), endedWorkspaceIds: z.array(uuid).max(1000) }),
  reply: z.object({ done: z.boolean() }),
  errors: [],
  timeoutMs: 10_000,
});

/** Deletes flows with their versions, runs and messages; answers how many there were of those asked for. */
export const deleteFlows = mutation({
  name: 'runner.deleteFlows',
  access: 'flows:delete',
  callers: ['gateway'],
  request: z.object({ flowIds: z.array(uuid).min(1).max(500) }),
  reply: z.object({ deleted: z.int() }),
  errors: [],
  timeoutMs: 10_000,
});

/** Which input nodes get the input, and which outputs are wanted. */
export const runRequest = z.object({
  flow: flowReference,
  input: z.string().max(4_000_000).nullable().default(null),
  inputType: z.enum(['chat', 'text', 'any']).default('chat'),
  outputType: z.enum(['chat', 'text', 'any', 'debug']).default('chat'),
  /** Only this node's output. */
  outputNodeId: z.string().max(255).nullable().default(null),
  sessionId: sessionId.nullable().default(null),
  /** Node id, display name or field name → new values; what may be set is decided by the owner of the flow. May be keys of the caller's. */
  overrides: secret(jsonObject).default({}),
  /** Values that stand in for variables of these names in this run alone; names count in any case. */
  globalVariables: z.record(z.string().min(1).max(255), secret(z.string().max(65_536))).default({}),
});

export type RunRequest = z.infer<typeof runRequest>;

/** One chat message as stored and as streamed. */
export const message = z.object({
  id: uuid,
  flowId: uuid,
  sessionId: z.string(),
  at: timestampMs,
  sender: z.enum(['User', 'Machine']),
  senderName: z.string(),
  text: z.string(),
  files: z.array(z.string()),
  error: z.boolean(),
  /** The node whose output this is, and what made the text. */
  source: z.object({ nodeId: z.string(), displayName: z.string(), model: z.string().nullable() }).nullable(),
  icon: z.string(),
});

export type Message = z.infer<typeof message>;

/** What one output node gave. */
export const nodeOutput = z.object({
  nodeId: z.string(),
  nodeType: z.string(),
  displayName: z.string(),
  /** The port the value came out of, for example `message`. */
  port: z.string(),
  value: z.discriminatedUnion('type', [
    z.object({ type: z.literal('message'), message, stored: z.boolean() }),
    z.object({ type: z.literal('data'), data: z.json() }),
  ]),
});

export type NodeOutput = z.infer<typeof nodeOutput>;

export const runResult = z.object({
  runId: uuid,
  flowId: uuid,
  sessionId: z.string(),
  input: z.string().nullable(),
  outputs: z.array(nodeOutput),
});

export type RunResult = z.infer<typeof runResult>;

const runErrors = [
  'flow_not_found',
  'component_unknown',
  'input_conflict',
  'override_refused',
  'run_failed',
  'run_limit_exceeded',
  'variable_missing',
  'variable_unreadable',
  'model_missing',
  'destination_refused',
  'provider_unreachable',
  'provider_timeout',
  'provider_rejected_key',
  'provider_rate_limited',
  'provider_failed',
  'unavailable',
] as const;

/** Runs a flow to its end. Run and messages are stored before the answer. */
export const run = mutation({
  name: 'runner.run',
  access: 'runs:create',
  callers: ['gateway'],
  request: runRequest,
  reply: runResult,
  errors: runErrors,
  timeoutMs: 300_000,
});

/** What a streamed run tells on its way. */
export const runFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), message, state: z.enum(['partial', 'complete']) }),
  z.object({ type: z.literal('token'), messageId: uuid, text: z.string(), at: timestampMs }),
  z.object({ type: z.literal('result'), result: runResult }),
]);

export type RunFrame = z.infer<typeof runFrame>;

/** Runs a flow and tells its messages and tokens as they come; the last frame is the result. */
export const runStream = stream({
  name: 'runner.runStream',
  access: 'runs:create',
  callers: ['gateway'],
  request: runRequest,
  frame: runFrame,
  merge: (earlier, later) => {
    const together = earlier.type === 'token' && later.type === 'token' && earlier.messageId === later.messageId;
    return together ? { ...earlier, text: earlier.text + later.text } : null;
  },
  errors: runErrors,
  timeoutMs: 300_000,
});
