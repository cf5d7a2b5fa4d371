import type { NativeReply } from '@flowkeep/contracts/http';

type Reply = NativeReply<'importFlows'>;
type Flow = Reply['flows'][number];

/** A secret that was found in an export. */
export interface LiftedSecret {
  readonly nodeId: string;
  readonly node: string;
  readonly field: string;
  /** Whether it now lies in the vault; otherwise it is gone. */
  readonly kept: boolean;
  /** The variable that was made of it; null for none. */
  readonly variable: string | null;
}

/** An empty secret field that now takes a variable. */
export interface BoundField {
  readonly node: string;
  readonly field: string;
  readonly variable: string;
}

/** A flow that an import stored. */
export interface ImportedFlow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly lifted: readonly LiftedSecret[];
  readonly bound: readonly BoundField[];
}

/** How the import of one file went. */
export interface ImportOutcome {
  readonly file: string;
  readonly flows: readonly ImportedFlow[];
  /** Why nothing of it was stored. */
  readonly problem: string | null;
}

/** What the server did with a file, in the names its author knows. */
export function outcomeOf(file: string, { flows, lifted, bound }: Reply): ImportOutcome {
  return {
    file,
    problem: null,
    flows: flows.map((flow) => ({
      id: flow.id,
      name: flow.name,
      version: flow.version,
      lifted: lifted
        .filter(({ flowId }) => flowId === flow.id)
        .map(({ nodeId, field, kept }) => ({ nodeId, node: nodeName(flow, nodeId), field, kept, variable: null })),
      bound: bound
        .filter(({ flowId }) => flowId === flow.id)
        .map(({ nodeId, field, variable }) => ({ node: nodeName(flow, nodeId), field, variable })),
    })),
  };
}

/** The same once a secret of a flow was made a variable. */
export function withNamed(
  outcome: ImportOutcome,
  named: { readonly flow: ImportedFlow; readonly secret: LiftedSecret },
  { variable, version }: { readonly variable: string; readonly version: number },
): ImportOutcome {
  const flows = outcome.flows.map((flow) =>
    flow === named.flow
      ? { ...flow, version, lifted: flow.lifted.map((one) => (one === named.secret ? { ...one, variable } : one)) }
      : flow,
  );
  return { ...outcome, flows };
}

/** The name a node shows in its editor; its id when it has none. */
function nodeName({ document }: Flow, nodeId: string): string {
  const { data, nodes } = document as { data?: { nodes?: unknown }; nodes?: unknown };
  const all = data?.nodes ?? nodes;
  if (!Array.isArray(all)) return nodeId;
  const node = (all as (NodeLike | null)[]).find((each) => each?.id === nodeId);
  const name = node?.data?.node?.display_name ?? node?.data?.label;
  return typeof name === 'string' && name !== '' ? name : nodeId;
}

interface NodeLike {
  readonly id?: unknown;
  readonly data?: { readonly label?: unknown; readonly node?: { readonly display_name?: unknown } };
}
