import { type GraphField, isJsonObject, isSecret, type JsonValue } from '@flowkeep/flow-graph';
import type { Component } from './component.ts';

/** What a caller may change in a run: what the owner leaves open, or whatever an editor of the flow could change. */
export type OverrideRight = 'open-fields' | 'all-fields';

/** One field that a caller asks to change. */
export interface OverrideRequest {
  readonly component: Component | null;
  readonly field: GraphField;
  readonly value: JsonValue;
  /** The variable the caller wants the value taken from; null for a value given as it is. */
  readonly variable: string | null;
}

interface OverrideRule {
  /** Whom it binds. */
  readonly binds: 'everybody' | OverrideRight;
  readonly refuses: (request: OverrideRequest) => boolean;
}

const numberTypes: ReadonlySet<string> = new Set(['int', 'float', 'slider']);
const textTypes: ReadonlySet<string> = new Set(['str', 'prompt']);

/** A request is refused by the first rule that binds its caller and refuses it. */
const rules: readonly OverrideRule[] = [
  { binds: 'everybody', refuses: ({ field }) => isSourceCode(field.name) || field.type === 'code' },
  // A caller may keep a variable but never choose one: it could name any secret of the workspace.
  {
    binds: 'everybody',
    refuses: ({ field, variable }) => variable !== null && !(field.variable && field.value === variable),
  },
  { binds: 'open-fields', refuses: ({ field }) => isSecret(field) || field.variable },
  { binds: 'open-fields', refuses: (request) => !isInputFile(request) && !isOpenScalar(request) },
];

/** Whether a caller with this right may change this field so. The one place that decides it. */
export function mayOverride(request: OverrideRequest, right: OverrideRight): boolean {
  return !rules.some(({ binds, refuses }) => (binds === 'everybody' || binds === right) && refuses(request));
}

/** The name of the field that holds a component's source; it may not be set even where a node has no such field. */
export function isSourceCode(fieldName: string): boolean {
  return fieldName === 'code';
}

function isInputFile({ component, field }: OverrideRequest): boolean {
  return component?.takesInput !== undefined && field.name === 'files';
}

/** The fields that are open by default: visible texts of inputs and prompts, and visible numbers. */
function isOpenScalar({ component, field, value }: OverrideRequest): boolean {
  if (!field.visible || field.list || isJsonObject(value) || Array.isArray(value)) return false;
  if (numberTypes.has(field.type)) return true;
  const open = component?.takesInput !== undefined || component?.prompt === true;
  return open && textTypes.has(field.type);
}
