import type { JsonObject, JsonValue } from '@flowkeep/flow-graph';

/** What of a flow's envelope a client may change; anything else in a change is left out. */
const changeable = [
  'name',
  'description',
  'data',
  'endpoint_name',
  'is_component',
  'icon',
  'icon_bg_color',
  'gradient',
  'tags',
  'locked',
  'mcp_enabled',
  'action_name',
  'action_description',
  'access_type',
] as const;

/** Members that null clears; of the others it means that nothing changes. */
const clearable: ReadonlySet<string> = new Set([
  'description',
  'endpoint_name',
  'icon',
  'icon_bg_color',
  'gradient',
  'tags',
  'action_name',
  'action_description',
]);

/**
 * The document after a change of its envelope, as Langflow's PATCH means it.
 *
 * @param document as stored; a graph without an envelope gets one
 * @param current what the flow is called now: a name in the document may have been taken when it came
 */
export function changeDocument(document: JsonObject, changes: JsonObject, current: JsonObject): JsonObject {
  const envelope = Object.hasOwn(document, 'data') || !Array.isArray(document['nodes']) ? document : { data: document };
  const changed: Record<string, JsonValue> = { ...envelope, ...current };
  for (const key of changeable) {
    const value = Object.hasOwn(changes, key) ? changes[key] : undefined;
    if (value === undefined || (value === null && !clearable.has(key))) continue;
    changed[key] = value;
  }
  return changed;
}
