import { z } from 'zod';
import type { Access, Operation } from '../operation.ts';
import * as identity from '../operations/identity.ts';
import * as keys from '../operations/keys.ts';
import * as runner from '../operations/runner.ts';
import * as vault from '../operations/vault.ts';
import { flowReference, timestampMs, uuid } from '../fields.ts';
import { permissions } from '../permissions.ts';
import type { NativeRouteName } from './paths.ts';

/** What a native route takes and gives. `params`, `query` and `body` together are the request of its operation. */
export interface NativeRoute {
  /** One sentence for the API's description. */
  readonly summary: string;
  /** Status of success. */
  readonly status: 200 | 201;
  /** Who may come in; the operation's own rule where there is one. */
  readonly access: Exclude<Access, 'system'>;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** What is asked; null for what the gateway knows by itself. */
  readonly operation: Operation | null;
  readonly reply: z.ZodType;
}

/** A route that is its operation: the same access, the same reply. */
function asked<const Op extends Operation & { access: Exclude<Access, 'system'> }, const Rest extends Parts>(
  operation: Op,
  summary: string,
  rest: Rest,
) {
  const reply = (operation.kind === 'stream' ? operation.frame : operation.reply) as ReplySchema<Op>;
  return { ...rest, status: rest.status ?? (200 as const), summary, access: operation.access, operation, reply };
}

type Parts = Partial<Pick<NativeRoute, 'params' | 'query' | 'body' | 'status'>>;
type ReplySchema<Op> = Op extends { reply: infer Reply } ? Reply : Op extends { frame: infer Frame } ? Frame : never;

/** Makes an object refuse fields it does not know, as the native API does. */
function strict<Shape extends z.ZodRawShape>(object: z.ZodObject<Shape>) {
  return object.strict();
}

/** Numbers in a query are texts. */
const page = z.strictObject({
  skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
  take: z.coerce.number().int().min(1).max(1000).default(100),
});

const timeInQuery = z.coerce.number().pipe(timestampMs).optional();

/** Which events of the audit log. */
const auditFilter = strict(identity.exportAudit.request.extend({ from: timeInQuery, to: timeInQuery }));

const account = z.object({
  user: identity.user,
  workspaceId: uuid,
  /** What the caller may do now. */
  permissions: z.array(z.enum(permissions)),
});

export const nativeRoutes = {
  session: {
    summary: 'Who the caller is and what the caller may do.',
    status: 200,
    access: 'signed-in',
    operation: null,
    reply: account,
  },
  changePassword: asked(identity.changePassword, "Replaces the caller's password; ends their other sessions.", {
    body: strict(identity.changePassword.request),
  }),
  listKeys: asked(keys.listKeys, "The caller's API keys, newest first.", { query: page }),
  createKey: asked(keys.createKey, 'Makes an API key. The answer is the only time it is seen.', {
    status: 201,
    body: strict(keys.createKey.request),
  }),
  deleteKey: asked(keys.deleteKey, 'Deletes a key; it stops working at once.', {
    params: z.strictObject({ keyId: uuid }),
  }),
  listVariables: asked(vault.listVariables, 'The variables of the workspace by name.', { query: page }),
  createVariable: asked(vault.createVariable, 'Stores a credential or a generic variable.', {
    status: 201,
    body: strict(vault.createVariable.request),
  }),
  updateVariable: asked(vault.updateVariable, 'Changes a variable.', {
    params: z.strictObject({ variableId: uuid }),
    body: strict(vault.updateVariable.request.omit({ variableId: true })),
  }),
  deleteVariable: asked(vault.deleteVariable, 'Deletes a variable.', {
    params: z.strictObject({ variableId: uuid }),
  }),
  listFlows: asked(runner.listFlows, 'The flows of the workspace, newest change first.', { query: page }),
  importFlows: asked(runner.importFlows, 'Stores exports of Langflow; says which secrets were taken out of them.', {
    status: 201,
    body: strict(runner.importFlows.request),
  }),
  getFlow: asked(runner.getFlow, 'One flow with its document.', { params: z.strictObject({ flowId: uuid }) }),
  deleteFlow: {
    summary: 'Deletes a flow with its versions, runs and messages.',
    status: 200,
    access: 'flows:delete',
    params: z.strictObject({ flowId: uuid }),
    operation: null,
    reply: z.object({ flowId: uuid }),
  },
  run: asked(runner.run, 'Runs a flow to its end.', {
    params: z.strictObject({ flow: flowReference }),
    body: strict(runner.runRequest.omit({ flow: true })),
  }),
  streamRun: asked(runner.runStream, 'Runs a flow and tells messages and tokens as they come, as server-sent events.', {
    params: z.strictObject({ flow: flowReference }),
    body: strict(runner.runRequest.omit({ flow: true })),
  }),
  listAudit: asked(identity.listAudit, 'The audit log of the installation, newest first.', {
    query: auditFilter.extend({
      before: z.coerce.number().pipe(z.int().positive()).optional(),
      take: z.coerce.number().int().min(1).max(200).default(100),
    }),
  }),
  exportAudit: {
    summary: 'The audit log as a file: a JSON object per line, newest first.',
    status: 200,
    access: 'audit:view',
    query: auditFilter,
    operation: null,
    reply: identity.auditEntry,
  },
} as const satisfies Record<NativeRouteName, NativeRoute>;

type Routes = typeof nativeRoutes;
type Part<Name extends NativeRouteName, Key extends 'params' | 'query' | 'body'> =
  Routes[Name] extends Readonly<Record<Key, infer Schema extends z.ZodType>>
    ? Readonly<Record<Key, z.input<Schema>>>
    : unknown;

/** What a client gives a route: `params`, `query` and `body`, as far as the route has them. */
export type NativeInput<Name extends NativeRouteName> = Part<Name, 'params'> & Part<Name, 'query'> & Part<Name, 'body'>;

/** What a route answers with; of a stream, one frame. */
export type NativeReply<Name extends NativeRouteName> = z.infer<Routes[Name]['reply']>;
