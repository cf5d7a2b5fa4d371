import type { JsonObject } from '@flowkeep/flow-graph';
import { isSecretField, mapFields, referredSecret, type SecretPlace } from './secrets.ts';

/** A field that takes a variable by its name. */
export interface BoundField extends SecretPlace {
  readonly variable: string;
}

/** Whether a document has a secret field that holds nothing and takes no variable. */
export function hasEmptySecret(document: JsonObject): boolean {
  let found = false;
  mapFields(document, (entry) => {
    found ||= isEmptySecret(entry);
    return entry;
  });
  return found;
}

/**
 * Makes empty secret fields take variables.
 *
 * @param document left as it is; the answer shares the parts that did not change
 * @param variableFor the variable for a field of these names, its display name and its own; undefined for none
 */
export function bindEmptySecrets(
  document: JsonObject,
  variableFor: (names: ReadonlySet<string>) => string | undefined,
): { readonly document: JsonObject; readonly bound: readonly BoundField[] } {
  const bound: BoundField[] = [];
  const filled = mapFields(document, (entry, place) => {
    const variable = isEmptySecret(entry) ? variableFor(namesOf(entry, place)) : undefined;
    if (variable === undefined) return entry;
    bound.push({ ...place, variable });
    return bind(entry, variable);
  });
  return { document: filled, bound };
}

/** The names of all variables that fields of a document take. */
export function boundVariables(document: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  mapFields(document, (entry) => {
    const { value } = entry;
    if (entry['load_from_db'] === true && typeof value === 'string' && value !== '') names.add(value);
    return entry;
  });
  return names;
}

/** The vault's id of the secret that a place of a stored document refers to; null when there is none. */
export function secretAt(document: JsonObject, wanted: SecretPlace): string | null {
  let found: string | null = null;
  mapFields(document, (entry, place) => {
    if (isSame(place, wanted)) found ??= referredSecret(entry['value']);
    return entry;
  });
  return found;
}

/** The stored document with a variable in every place that referred to the secret. */
export function bindSecret(document: JsonObject, secretId: string, variable: string): JsonObject {
  return mapFields(document, (entry) => (referredSecret(entry['value']) === secretId ? bind(entry, variable) : entry));
}

function bind(entry: JsonObject, variable: string): JsonObject {
  return { ...entry, load_from_db: true, value: variable };
}

/** A field that is bound to no name yet holds nothing either: new ones of Langflow come with the mark set. */
function isEmptySecret(entry: JsonObject): boolean {
  const { value } = entry;
  return isSecretField(entry) && (value === undefined || value === null || value === '');
}

function namesOf(entry: JsonObject, { field }: SecretPlace): ReadonlySet<string> {
  const displayName = entry['display_name'];
  return new Set(typeof displayName === 'string' ? [displayName.trim(), field] : [field]);
}

function isSame(one: SecretPlace, other: SecretPlace): boolean {
  return one.nodeId === other.nodeId && one.field === other.field;
}
