import { DomainError, type RunRequest } from '@flowkeep/contracts';
import { type GraphField, isJsonObject, type JsonValue, quote } from '@flowkeep/flow-graph';
import { isSourceCode, mayOverride, type OverrideRight } from './override-rules.ts';
import type { Plan, PlannedNode } from './plan.ts';
import { takesInput } from './selection.ts';

/** Node id → field → the value for one run. */
export type Overrides = ReadonlyMap<string, ReadonlyMap<string, JsonValue>>;

type OverridingRun = Pick<RunRequest, 'input' | 'inputType' | 'overrides'>;

export const noOverrides: Overrides = new Map();

const limits = { files: 100, pathLength: 1024 };
/** Fields whose value is an object, so that an object is the value and not settings of the field. */
const objectTypes: ReadonlySet<string> = new Set(['dict', 'NestedDict']);

/**
 * Works out which field of which node gets which value. A key is a node's id or display name with an object of fields,
 * or the name of a field, which then is set in every node that has it. Unknown nodes and fields are left out, and so
 * are fields where a setting would not count: those an edge leads to, and with a field's name alone those that take
 * the run's input.
 *
 * @throws DomainError `input_conflict` when a node's input is both the run's and overridden; `override_refused` naming
 *   node and field; `invalid_request` for files that are none
 */
export function readOverrides(plan: Plan, run: OverridingRun, right: OverrideRight): Overrides {
  const entries = Object.entries(run.overrides);
  if (entries.length === 0) return noOverrides;
  const overrides = new Map<string, Map<string, JsonValue>>();
  for (const [key, value] of entries) {
    for (const [planned, name, wanted] of targetsOf(plan, key, value)) {
      const { id, fields } = planned.node;
      if (isSourceCode(name)) throw refused(planned, name);
      const field = fields.get(name);
      if (field === undefined || planned.connected.has(name)) continue;
      if (takesRunInput(planned, name, run)) {
        if (isJsonObject(value)) throw new DomainError('input_conflict');
        continue;
      }
      const request = { component: planned.component, field, ...readValue(field, wanted) };
      if (!mayOverride(request, right)) throw refused(planned, name);
      if (request.variable !== null) continue;
      checkFiles(field, request.value);
      const values = overrides.get(id) ?? new Map<string, JsonValue>();
      overrides.set(id, values.set(name, request.value));
    }
  }
  return overrides;
}

function takesRunInput(planned: PlannedNode, field: string, { input, inputType }: OverridingRun): boolean {
  return input !== null && planned.component?.takesInput?.field === field && takesInput(planned, inputType);
}

function targetsOf({ nodes }: Plan, key: string, value: JsonValue): [PlannedNode, string, JsonValue][] {
  if (!isJsonObject(value))
    return nodes.filter((planned) => hasField(planned, key)).map((planned) => [planned, key, value]);
  const planned = nodes.find(({ node }) => node.id === key) ?? nodes.find(({ node }) => node.displayName === key);
  if (planned === undefined) return [];
  return Object.entries(value).map(([name, wanted]) => [planned, name, wanted]);
}

function hasField({ node }: PlannedNode, name: string): boolean {
  return node.fields.has(name) || isSourceCode(name);
}

/** An object is laid over the field's own settings, of which only the value and its source can change. */
function readValue(field: GraphField, wanted: JsonValue): { value: JsonValue; variable: string | null } {
  if (!isJsonObject(wanted)) return { value: wanted, variable: null };
  const overlays = Object.hasOwn(wanted, 'value') || Object.hasOwn(wanted, 'load_from_db');
  if (!overlays && objectTypes.has(field.type)) return { value: wanted, variable: null };
  const value = Object.hasOwn(wanted, 'value') ? (wanted['value'] as JsonValue) : field.value;
  const named = Object.hasOwn(wanted, 'load_from_db')
    ? wanted['load_from_db'] === true
    : !Object.hasOwn(wanted, 'value') && field.variable;
  return { value, variable: named ? (typeof value === 'string' ? value : JSON.stringify(value)) : null };
}

function checkFiles(field: GraphField, value: JsonValue): void {
  if (field.name !== 'files') return;
  const paths = Array.isArray(value) ? value : [value];
  if (paths.length <= limits.files && paths.every((path) => value === '' || isUploadPath(path))) return;
  const message = 'Files are named as the upload answered, at most 100 of them.';
  throw new DomainError('invalid_request', {
    message,
    issues: [{ path: ['overrides', 'files'], code: 'invalid_file', message }],
  });
}

/** A path as an upload answers it: relative, without steps upwards. */
function isUploadPath(path: JsonValue): boolean {
  if (typeof path !== 'string' || path.length > limits.pathLength || /[\\:\p{Cc}]/u.test(path)) return false;
  return path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}

function refused({ node }: PlannedNode, field: string): DomainError {
  return new DomainError('override_refused', {
    message: `The field ${quote(field)} of the node ${quote(node.id)} may not be overridden by the caller. Leave it out, or change the flow.`,
  });
}
