import { DomainError } from '@flowkeep/contracts';
import { type JsonValue, quote } from '@flowkeep/flow-graph';
import type { Overrides } from './overrides.ts';
import type { Plan, PlannedInput, PlannedNode } from './plan.ts';

/** What a run took out of the vault, or was given with the request. */
export interface Credentials {
  readonly variables: ReadonlyMap<string, VariableValue>;
  /** By the vault's id. */
  readonly secrets: ReadonlyMap<string, JsonValue>;
}

export interface VariableValue {
  readonly value: string;
  /** Whether it may never be shown, and so never name a session. */
  readonly credential: boolean;
}

export const noCredentials: Credentials = { variables: new Map(), secrets: new Map() };

/** What has to be asked of the vault before a run. */
export interface CredentialNeeds {
  readonly variables: ReadonlySet<string>;
  readonly secretIds: ReadonlySet<string>;
}

/** Everything the run's nodes take from the vault, as far as the request does not bring it itself. */
export function credentialNeeds(plan: Plan, overrides: Overrides): CredentialNeeds {
  const variables = new Set<string>();
  const secretIds = new Set<string>();
  for (const planned of plan.nodes) {
    if (!planned.usesCredentials) continue;
    for (const input of inputsOf(planned)) {
      if (isSet(planned, input, overrides)) continue;
      if (input.secretId !== null) secretIds.add(input.secretId);
      const name = variableOf(planned, input, overrides);
      if (name !== null) variables.add(name);
    }
  }
  return { variables, secretIds };
}

/** The variable an input takes its value from: the one the flow names, or one that stands in for an empty field. */
export function variableOf(planned: PlannedNode, input: PlannedInput, overrides: Overrides): string | null {
  if (input.variable !== null) return input.variable;
  const { component, node } = planned;
  if (component?.standIns === undefined || !input.blank) return null;
  const overridden = overrides.get(node.id);
  return (
    component.standIns((field) => overridden?.get(field) ?? node.fields.get(field)?.value ?? null)[input.name] ?? null
  );
}

/** The variables that come with a request. */
export interface SuppliedVariables {
  readonly size: number;
  has(name: string): boolean;
}

/** Words in the names of fields that say where something is sent. */
const destinationName = /url|uri|base|host|endpoint|server|proxy|header|address|domain|path|port$/i;

/**
 * Refuses a run in which the caller chooses where a stored credential is sent: whoever may run a flow could have it sent
 * to himself. A caller who brings the node's credential too may choose.
 *
 * @throws DomainError `override_refused` naming node and field
 */
export function refuseRedirection(plan: Plan, overrides: Overrides, supplied: SuppliedVariables): void {
  for (const planned of plan.nodes) {
    const overridden = overrides.get(planned.node.id);
    if (overridden === undefined && supplied.size === 0) continue;
    const redirected =
      [...(overridden?.keys() ?? [])].find((field) => isDestination(planned, field)) ??
      inputsOf(planned).find(
        (input) =>
          isDestination(planned, input.name) &&
          !isSet(planned, input, overrides) &&
          supplied.has(variableOf(planned, input, overrides) ?? ''),
      )?.name;
    if (redirected === undefined || !resolvesStored(planned, overrides, supplied)) continue;
    throw new DomainError('override_refused', {
      message:
        `The field ${quote(redirected)} of the node ${quote(planned.node.id)} may not be set by the caller: the node uses ` +
        'a stored credential. Send the credential with the same request, or leave the field as it is.',
    });
  }
}

/** Whether the node, for this run, takes a credential that is stored. */
function resolvesStored(planned: PlannedNode, overrides: Overrides, supplied: SuppliedVariables): boolean {
  return storedFields(planned, overrides).some(({ name, variable }) => {
    if (isDestination(planned, name) || overrides.get(planned.node.id)?.has(name) === true) return false;
    return variable === null || !supplied.has(variable);
  });
}

/** The fields whose value comes out of the vault, also those of components nobody knows. */
function storedFields(planned: PlannedNode, overrides: Overrides): { name: string; variable: string | null }[] {
  const fields = [...planned.node.fields.values()]
    .filter(({ name, variable, secretId }) => (variable || secretId !== null) && !planned.connected.has(name))
    .map(({ name, variable, value }) => ({ name, variable: variable && typeof value === 'string' ? value : null }));
  const standIns = inputsOf(planned).flatMap((input) => {
    const variable = input.source === null ? variableOf(planned, input, overrides) : null;
    return variable === null ? [] : [{ name: input.name, variable }];
  });
  return [...fields, ...standIns];
}

function isDestination({ component }: PlannedNode, field: string): boolean {
  const spec = component !== null && Object.hasOwn(component.inputs, field) ? component.inputs[field] : undefined;
  return spec?.destination ?? destinationName.test(field);
}

function inputsOf({ inputs, variables }: PlannedNode): PlannedInput[] {
  return [...inputs, ...variables];
}

/** Whether the value comes from an edge or the caller, so that what is saved does not count. */
function isSet({ node }: PlannedNode, { name, source }: PlannedInput, overrides: Overrides): boolean {
  return source !== null || overrides.get(node.id)?.has(name) === true;
}
