import type { JsonObject, JsonValue } from './json.ts';

/** One entry of a template, as Langflow writes it. */
export function templateField(name: string, more: JsonObject = {}): JsonObject {
  return { name, display_name: name, type: 'str', value: '', list: false, show: true, advanced: false, ...more };
}

/** One node of an export; fields by name, outputs by name. */
export function langflowNode(
  id: string,
  type: string,
  fields: Readonly<Record<string, JsonObject>> = {},
  outputs: readonly string[] = [],
): JsonObject {
  const template = Object.entries(fields).map(([name, more]): [string, JsonValue] => [name, templateField(name, more)]);
  return {
    id,
    type: 'genericNode',
    position: { x: 0, y: 0 },
    data: {
      id,
      type,
      node: {
        display_name: type,
        icon: 'box',
        template: { _type: 'Component', ...Object.fromEntries(template) },
        outputs: outputs.map((name) => ({ name, display_name: name, types: ['Message'] })),
      },
    },
  };
}

/** An edge with both notations of its handles. */
export function langflowEdge(source: string, port: string, target: string, field: string): JsonObject {
  const sourceHandle = { dataType: source.replace(/-.*/, ''), id: source, name: port, output_types: ['Message'] };
  const targetHandle = { fieldName: field, id: target, inputTypes: ['Message'], type: 'str' };
  return {
    id: `xy-edge__${source}-${target}`,
    source,
    target,
    sourceHandle: encodeHandle(sourceHandle),
    targetHandle: encodeHandle(targetHandle),
    data: { sourceHandle, targetHandle },
  };
}

export function encodeHandle(handle: JsonObject): string {
  return JSON.stringify(handle).replaceAll('"', 'œ');
}

/** An export of these nodes and edges. */
export function langflowExport(nodes: JsonValue[], edges: JsonValue[] = [], more: JsonObject = {}): JsonObject {
  return {
    name: 'A flow',
    description: 'What it does',
    data: { nodes, edges, viewport: { x: 0, y: 0, zoom: 1 } },
    ...more,
  };
}
