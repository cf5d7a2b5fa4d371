import type { Graph, GraphEdge, GraphField, GraphNode, JsonObject, JsonValue } from '@flowkeep/flow-graph';
import { isJsonObject } from '@flowkeep/flow-graph';
import { graphDataOf } from './document.ts';
import { readEdge } from './handles.ts';
import { componentName, portName } from './renames.ts';
import type { LangflowNode } from './schema.ts';
import { isSecretField, referredSecret } from './secrets.ts';

/**
 * The graph of a document that `readLangflowDocument` accepted. Notes are left out, and so is the source code that
 * exports carry: a node does what its type says.
 */
export function toGraph(document: JsonObject): Graph {
  const data = graphDataOf(document);
  if (data === undefined) return { nodes: [], edges: [] };
  const nodes = data.nodes.filter((node) => node.type !== 'noteNode').map(readNode);
  const types = new Map(nodes.map((node) => [node.id, node.type]));
  return { nodes, edges: data.edges.map((edge) => renamePort(readEdge(edge), types)) };
}

function readNode({ id, data }: LangflowNode): GraphNode {
  const originalType = data.type ?? '';
  const type = componentName(originalType);
  return {
    id,
    type,
    displayName: data.node?.display_name ?? originalType,
    icon: data.node?.icon ?? '',
    fields: new Map(
      Object.entries(data.node?.template ?? {}).flatMap(([name, entry]) => {
        const field = readField(name, entry as JsonValue);
        return field === undefined ? [] : [[name, field] as const];
      }),
    ),
    ports: (data.node?.outputs ?? []).map((output) => ({
      name: portName(type, output.name),
      displayName: output.display_name ?? output.name,
      types: output.types,
    })),
  };
}

function readField(name: string, entry: JsonValue): GraphField | undefined {
  if (name.startsWith('_') || !isJsonObject(entry) || entry['type'] === 'code') return undefined;
  const { type, display_name: displayName } = entry;
  const secretId = referredSecret(entry['value']);
  return {
    name,
    displayName: typeof displayName === 'string' ? displayName : name,
    type: typeof type === 'string' ? type : '',
    value: secretId === null ? (entry['value'] ?? null) : null,
    secret: isSecretField(entry),
    secretId,
    variable: entry['load_from_db'] === true,
    list: entry['list'] === true,
    visible: entry['show'] !== false && entry['advanced'] !== true,
  };
}

function renamePort(edge: GraphEdge, types: ReadonlyMap<string, string>): GraphEdge {
  if (edge.kind !== 'value') return edge;
  return { ...edge, port: portName(types.get(edge.sourceId) ?? '', edge.port) };
}
