import type { Graph, GraphEdge } from './model.ts';
import { topologicalOrder } from './order.ts';

export const graphIssueCodes = [
  'duplicate_node',
  'missing_source',
  'missing_target',
  'unreadable_edge',
  'loop_edge',
  'cycle',
] as const;

/** Why a graph cannot run. */
export interface GraphIssue {
  readonly code: (typeof graphIssueCodes)[number];
  /** The node to look at. */
  readonly nodeId: string;
  /** A public sentence that names the node. */
  readonly message: string;
}

/** Everything that keeps a graph from running, whatever its components are. */
export function validateGraph(graph: Graph): GraphIssue[] {
  const issues: GraphIssue[] = [];
  const positions = new Map<string, number>();
  for (const [position, { id }] of graph.nodes.entries()) {
    if (positions.has(id)) {
      issues.push({ code: 'duplicate_node', nodeId: id, message: `Two nodes have the id ${quote(id)}.` });
    }
    positions.set(id, position);
  }
  for (const edge of graph.edges) {
    const issue = edgeIssue(edge, positions);
    if (issue !== undefined) issues.push(issue);
  }
  if (issues.length > 0) return issues;
  const { cycle } = topologicalOrder(
    graph.nodes.length,
    graph.edges.map((edge) => ({
      from: positions.get(edge.sourceId) as number,
      to: positions.get(edge.targetId) as number,
    })),
  );
  const first = graph.nodes[cycle[0] ?? -1];
  if (first === undefined) return [];
  const names = cycle.slice(0, 10).map((index) => quote(graph.nodes[index]?.id ?? ''));
  return [{ code: 'cycle', nodeId: first.id, message: `These nodes wait for each other: ${names.join(', ')}.` }];
}

function edgeIssue(edge: GraphEdge, nodes: ReadonlyMap<string, number>): GraphIssue | undefined {
  const { sourceId, targetId } = edge;
  const between = `between ${quote(sourceId)} and ${quote(targetId)}`;
  if (!nodes.has(sourceId)) {
    return {
      code: 'missing_source',
      nodeId: sourceId,
      message: `The edge ${between} starts at a node that does not exist.`,
    };
  }
  if (!nodes.has(targetId)) {
    return {
      code: 'missing_target',
      nodeId: targetId,
      message: `The edge ${between} ends at a node that does not exist.`,
    };
  }
  if (edge.kind === 'unreadable') {
    return {
      code: 'unreadable_edge',
      nodeId: targetId,
      message: `The edge ${between} has invalid handles. Draw it again in the editor.`,
    };
  }
  if (edge.kind === 'loop') {
    return { code: 'loop_edge', nodeId: targetId, message: `The edge ${between} makes a loop, which cannot run.` };
  }
  return undefined;
}

/** Puts a name from a flow into a sentence; never more of it than a person reads. */
export function quote(name: string): string {
  return `"${name.length > 100 ? `${name.slice(0, 100)}…` : name}"`;
}
