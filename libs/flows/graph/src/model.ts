import type { JsonValue } from './json.ts';

/** One setting of a node, as its owner saved it. */
export interface GraphField {
  readonly name: string;
  readonly displayName: string;
  /** The kind of value in the terms of the format it came from, for example `str`, `prompt`, `float`, `dict`. */
  readonly type: string;
  readonly value: JsonValue;
  /** Whether all it holds is secret, whatever that is. */
  readonly secret: boolean;
  /** `value` is the name of a variable, not the value itself. */
  readonly variable: boolean;
  /** The vault's id of the value, which then is not here; null for a value that is no stored secret. */
  readonly secretId: string | null;
  readonly list: boolean;
  /** Shown in the editor without opening the advanced settings. */
  readonly visible: boolean;
}

/** Whether a field's value may not be shown, logged or traced. */
export function isSecret({ secret, secretId }: GraphField): boolean {
  return secret || secretId !== null;
}

/** One output of a node. */
export interface GraphPort {
  readonly name: string;
  readonly displayName: string;
  readonly types: readonly string[];
}

export interface GraphNode {
  readonly id: string;
  /** The component that gives the node its behaviour. */
  readonly type: string;
  readonly displayName: string;
  readonly icon: string;
  readonly fields: ReadonlyMap<string, GraphField>;
  readonly ports: readonly GraphPort[];
}

interface EdgeBase {
  readonly id: string;
  readonly sourceId: string;
  readonly targetId: string;
}

/** Carries the value of an output to a field. */
export interface ValueEdge extends EdgeBase {
  readonly kind: 'value';
  readonly port: string;
  readonly field: string;
}

/** Leads back to an output of a loop node, to start its next turn. */
export interface LoopEdge extends EdgeBase {
  readonly kind: 'loop';
  readonly port: string;
}

/** Connects two nodes in a notation nobody can read any more. Kept, so that only a run is refused. */
export interface UnreadableEdge extends EdgeBase {
  readonly kind: 'unreadable';
}

export type GraphEdge = ValueEdge | LoopEdge | UnreadableEdge;

/** A flow in no format's terms: what importers make and the engine runs. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}
