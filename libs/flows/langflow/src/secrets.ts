import { isJsonObject, type JsonObject, type JsonValue, secretTexts } from '@flowkeep/flow-graph';

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

/** Source code and prompts are written by people about anything: no secret is looked for inside. */
const proseTypes: ReadonlySet<JsonValue | undefined> = new Set(['code', 'prompt', 'mustache']);

/** Whether an entry that nothing marks as secret has one in its value. */
function holdsSecret(entry: JsonObject, field: string): boolean {
  const { value } = entry;
  if (value === undefined || value === null || proseTypes.has(entry['type'])) return false;
  // What nobody but the server writes; from a client it is a value like any other and has to be taken out.
  return referredSecret(value) !== null || secretTexts(value, field).length > 0;
}

/**
 * Replaces every secret that a document holds in clear, in grouped nodes too: what is in fields marked as secret, and
 * whatever field has a connection string with a password or a header with a credential in it. Names of variables
 * (`load_from_db`) stay.
 *
 * @param document left as it is; the answer shares the parts that did not change
 * @param visit called once per secret, in document order; answers what the document keeps instead
 */
export function liftSecrets(
  document: JsonObject,
  visit: (literal: SecretLiteral) => JsonValue,
): { readonly document: JsonObject; readonly lifted: readonly SecretPlace[] } {
  const lifted: SecretPlace[] = [];
  const kept = mapFields(document, (entry, place) => {
    const literal = entry['load_from_db'] === true ? undefined : entry['value'];
    if (!holdsValue(literal) || !(isSecretField(entry) || holdsSecret(entry, place.field))) return entry;
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
  return mapFields(document, (entry) => (referredSecret(entry['value']) === null ? entry : { ...entry, value: null }));
}

/**
 * Puts the references of the stored document back where a client returned null, which is what it was shown. An empty
 * text clears the field.
 */
export function restoreReferences(document: JsonObject, stored: JsonObject): JsonObject {
  const known = new Map<string, JsonValue>();
  mapFields(stored, (entry, place) => {
    if (referredSecret(entry['value']) !== null) known.set(placeKey(place), entry['value'] as JsonValue);
    return entry;
  });
  if (known.size === 0) return document;
  return mapFields(document, (entry, place) => {
    const reference =
      entry['value'] === null && entry['load_from_db'] !== true ? known.get(placeKey(place)) : undefined;
    return reference === undefined ? entry : { ...entry, value: reference };
  });
}

function placeKey({ nodeId, field }: SecretPlace): string {
  return JSON.stringify([nodeId, field]);
}

/**
 * Copies a document with every field as `change` answers it; what it puts into a field is not looked at again. Fields
 * are the entries of templates, and whatever else is marked as secret.
 */
export function mapFields(
  document: JsonObject,
  change: (entry: JsonObject, place: SecretPlace) => JsonObject,
): JsonObject {
  const walk = (value: JsonValue, name: string, nodeId: string, inTemplate: boolean): JsonValue => {
    if (Array.isArray(value)) {
      const items = value.map((item) => walk(item, name, nodeId, false));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    if (!isJsonObject(value)) return value;
    const secret = isSecretField(value);
    const isField = secret || (inTemplate && Object.hasOwn(value, 'value'));
    const entry = isField ? change(value, { nodeId, field: name }) : value;
    const settled = secret || entry !== value;
    const owner = isJsonObject(value['data']) && typeof value['id'] === 'string' ? value['id'] : nodeId;
    const entries = Object.entries(entry);
    const kept = entries.map(([key, item]) =>
      settled && key === 'value' ? item : walk(item, key, owner, name === 'template' && !inTemplate),
    );
    if (entry === value && entries.every(([, item], index) => item === kept[index])) return value;
    // fromEntries defines properties, so that a key named __proto__ stays a key.
    return Object.fromEntries(entries.map(([key], index) => [key, kept[index] as JsonValue]));
  };
  return walk(document, '', '', false) as JsonObject;
}
