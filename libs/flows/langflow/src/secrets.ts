import { isJsonObject, type JsonObject, type JsonValue } from '@flowkeep/flow-graph';

/** A secret value found in a document. */
export interface SecretLiteral {
  /** The innermost node it belongs to; empty outside all nodes. */
  readonly nodeId: string;
  readonly field: string;
  readonly value: JsonValue;
}

/** Where a secret was, without the secret. */
export type SecretPlace = Omit<SecretLiteral, 'value'>;

/**
 * Whether a template entry is a secret's. Every name that Langflow's own export rule strips (`api` with `key` or
 * `token`) needs a truthy `password` there too, so that mark alone decides, and the type of newer exports.
 */
export function isSecretField(entry: JsonObject): boolean {
  return Boolean(entry['password']) || entry['_input_type'] === 'SecretStrInput';
}

/**
 * Replaces every secret that a document holds in clear, in grouped nodes too. Names of variables (`load_from_db`) stay.
 *
 * @param document left as it is; the answer shares the parts that did not change
 * @param visit called once per secret, in document order; answers what the document keeps instead
 */
export function liftSecrets(
  document: JsonObject,
  visit: (literal: SecretLiteral) => JsonValue,
): { readonly document: JsonObject; readonly lifted: readonly SecretPlace[] } {
  const lifted: SecretPlace[] = [];
  const kept = mapSecretFields(document, (entry, place) => {
    const literal = entry['load_from_db'] === true ? undefined : entry['value'];
    if (!holdsValue(literal)) return entry;
    lifted.push(place);
    return { ...entry, value: visit({ ...place, value: literal }) };
  });
  return { document: kept, lifted };
}

function holdsValue(value: JsonValue | undefined): value is JsonValue {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.some(holdsValue);
}

/** What a stored document has in the place of a secret: where in the vault it lies. */
const referenceKey = 'flowkeep_secret';

export function secretReference(secretId: string): JsonObject {
  return { [referenceKey]: secretId };
}

/** The vault's id in a field of a stored document; null for anything else. */
export function referredSecret(value: JsonValue | undefined): string | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const id = value[referenceKey];
  return typeof id === 'string' ? id : null;
}

/** A stored document as it leaves the server: null where a secret was. Shares the parts that did not change. */
export function hideSecrets(document: JsonObject): JsonObject {
  return mapSecretFields(document, (entry) =>
    referredSecret(entry['value']) === null ? entry : { ...entry, value: null },
  );
}

/**
 * Puts the references of the stored document back where a client returned null, which is what it was shown. An empty
 * text clears the field.
 */
export function restoreReferences(document: JsonObject, stored: JsonObject): JsonObject {
  const known = new Map<string, JsonValue>();
  mapSecretFields(stored, (entry, place) => {
    if (referredSecret(entry['value']) !== null) known.set(placeKey(place), entry['value'] as JsonValue);
    return entry;
  });
  if (known.size === 0) return document;
  return mapSecretFields(document, (entry, place) => {
    const reference =
      entry['value'] === null && entry['load_from_db'] !== true ? known.get(placeKey(place)) : undefined;
    return reference === undefined ? entry : { ...entry, value: reference };
  });
}

function placeKey({ nodeId, field }: SecretPlace): string {
  return JSON.stringify([nodeId, field]);
}

/** Copies a document with every secret field as `change` answers it; what a field holds is left to `change`. */
function mapSecretFields(
  document: JsonObject,
  change: (entry: JsonObject, place: SecretPlace) => JsonObject,
): JsonObject {
  const walk = (value: JsonValue, name: string, nodeId: string): JsonValue => {
    if (Array.isArray(value)) {
      const items = value.map((item) => walk(item, name, nodeId));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    if (!isJsonObject(value)) return value;
    const secret = isSecretField(value);
    const entry = secret ? change(value, { nodeId, field: name }) : value;
    const owner = isJsonObject(value['data']) && typeof value['id'] === 'string' ? value['id'] : nodeId;
    const entries = Object.entries(entry);
    const kept = entries.map(([key, item]) => (secret && key === 'value' ? item : walk(item, key, owner)));
    if (entry === value && entries.every(([, item], index) => item === kept[index])) return value;
    // fromEntries defines properties, so that a key named __proto__ stays a key.
    return Object.fromEntries(entries.map(([key], index) => [key, kept[index] as JsonValue]));
  };
  return walk(document, '', '') as JsonObject;
}
