import { DomainError } from '@flowkeep/contracts';
import {
  type Graph,
  type GraphEdge,
  type GraphNode,
  type JsonValue,
  quote,
  topologicalOrder,
  type ValueEdge,
  validateGraph,
} from '@flowkeep/flow-graph';
import type { Component, ComponentRegistry, InputSpec } from './component.ts';
import { defaultLimits, limitExceeded } from './limits.ts';

/** Where an input's value comes from: the output of a node, by its place in the plan. */
export interface PlannedSource {
  readonly index: number;
  readonly port: string;
}

export interface PlannedInput {
  readonly name: string;
  readonly spec: InputSpec<unknown>;
  readonly source: PlannedSource | null;
  /** The saved setting, already read. */
  readonly value: unknown;
  /** The variable that holds the value; null when the setting is the value itself. */
  readonly variable: string | null;
  /** The vault's id of the value. */
  readonly secretId: string | null;
  /** Whether nothing is set. */
  readonly blank: boolean;
}

export interface PlannedNode {
  readonly node: GraphNode;
  /** Null for a type nobody knows: the run fails when it gets there. */
  readonly component: Component | null;
  readonly inputs: readonly PlannedInput[];
  readonly variables: readonly PlannedInput[];
  /** Fields an edge leads to: what is set there does not count. */
  readonly connected: ReadonlySet<string>;
  /** Outputs that an edge leads away from. */
  readonly usedPorts: ReadonlySet<string>;
  /** Whether any of its inputs may come out of the vault. */
  readonly usesCredentials: boolean;
  /** The nodes to look at again when this one is done, once per edge. */
  readonly followers: readonly number[];
}

/** A graph made ready to run any number of times; never changed by a run. */
export interface Plan {
  readonly nodes: readonly PlannedNode[];
  /** For each node how many edges it waits for. */
  readonly waitingFor: readonly number[];
  readonly order: readonly number[];
}

/**
 * Prepares a graph. Types nobody knows are let through: only a run that reaches one fails.
 *
 * @throws DomainError `run_failed` naming the node that cannot run and why; `run_limit_exceeded` for too many nodes
 */
export function compile(graph: Graph, registry: ComponentRegistry, maxNodes = defaultLimits.nodes): Plan {
  if (graph.nodes.length > maxNodes) {
    throw limitExceeded(`The flow has ${graph.nodes.length} nodes; a run may have ${maxNodes}.`);
  }
  const [issue] = validateGraph(graph);
  if (issue !== undefined) throw cannotRun(issue.message);
  const indices = new Map(graph.nodes.map(({ id }, index) => [id, index]));
  const components = graph.nodes.map(({ type }) => registry.get(type) ?? null);
  const incoming = graph.nodes.map((): ValueEdge[] => []);
  const waitingFor = graph.nodes.map(() => 0);
  const followers = graph.nodes.map((): number[] => []);
  const usedPorts = graph.nodes.map(() => new Set<string>());
  const dependencies = graph.edges.map((edge) => {
    const from = indices.get(edge.sourceId) as number;
    const to = indices.get(edge.targetId) as number;
    checkTypes(edge, components[from] ?? null, components[to] ?? null);
    if (edge.kind === 'value') incoming[to]?.push(edge);
    if (edge.kind === 'value') usedPorts[from]?.add(edge.port);
    waitingFor[to] = (waitingFor[to] as number) + 1;
    followers[from]?.push(to);
    return { from, to };
  });
  return {
    waitingFor,
    order: topologicalOrder(graph.nodes.length, dependencies).order,
    nodes: graph.nodes.map((node, index) => {
      const component = components[index] ?? null;
      const sources = new Map(
        incoming[index]?.map((edge) => [edge.field, { index: indices.get(edge.sourceId) as number, port: edge.port }]),
      );
      const planned = planInputs(node, component, sources);
      return {
        node,
        component,
        ...planned,
        connected: new Set(sources.keys()),
        usedPorts: usedPorts[index] ?? new Set(),
        usesCredentials:
          component?.standIns !== undefined ||
          [...planned.inputs, ...planned.variables].some(
            ({ variable, secretId }) => variable !== null || secretId !== null,
          ),
        followers: followers[index] ?? [],
      };
    }),
  };
}

function planInputs(node: GraphNode, component: Component | null, sources: ReadonlyMap<string, PlannedSource>) {
  if (component === null) return { inputs: [], variables: [] };
  const plan = (name: string, spec: InputSpec<unknown>): PlannedInput => {
    const field = node.fields.get(name);
    const variable =
      field?.variable === true && typeof field.value === 'string' && field.value !== '' ? field.value : null;
    return {
      name,
      spec,
      source: sources.get(name) ?? null,
      value: spec.read(field?.value),
      variable,
      secretId: field?.secretId ?? null,
      blank: isBlank(field?.value),
    };
  };
  const { inputs, variables } = component;
  const names = [...new Set([...node.fields.keys(), ...sources.keys()])].filter((name) => !Object.hasOwn(inputs, name));
  return {
    inputs: Object.entries(inputs).map(([name, input]) => plan(name, input)),
    variables: variables === undefined ? [] : names.map((name) => plan(name, variables)),
  };
}

function isBlank(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Whether what comes out at one end may go in at the other, as far as both components are known. */
function checkTypes(edge: GraphEdge, source: Component | null, target: Component | null): void {
  if (edge.kind !== 'value') return;
  const given = source === null ? undefined : own(source.outputs, edge.port);
  if (source !== null && given === undefined) {
    throw cannotRun(`The node ${quote(edge.sourceId)} has no output ${quote(edge.port)}.`);
  }
  const taken = target === null ? undefined : own(target.inputs, edge.field);
  if (given !== undefined && taken !== undefined && !taken.accepts.includes(given)) {
    throw cannotRun(
      `The edge between ${quote(edge.sourceId)} and ${quote(edge.targetId)} has invalid handles: the input ` +
        `${quote(edge.field)} does not take ${given}.`,
    );
  }
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function cannotRun(reason: string): DomainError {
  return new DomainError('run_failed', { message: `The flow cannot run. ${reason}` });
}
