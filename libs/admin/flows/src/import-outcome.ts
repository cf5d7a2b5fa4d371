import type { NativeReply } from '@flowkeep/contracts/http';

type Reply = NativeReply<'importFlows'>;
type Flow = Reply['flows'][number];

/** A secret that was found in an export. */
export interface LiftedSecret {
  readonly node: string;
  readonly field: string;
  /** Whether it now lies in the vault; otherwise it is gone. */
  readonly kept: boolean;
}

/** How the import of one file went. */
export interface ImportOutcome {
  readonly file: string;
  readonly flows: readonly { readonly id: string; readonly name: string; readonly lifted: readonly LiftedSecret[] }[];
  /** Why nothing of it was stored. */
  readonly problem: string | null;
}

/** What the server did with a file, in the names its author knows. */
export function outcomeOf(file: string, { flows, lifted }: Reply): ImportOutcome {
  return {
    file,
    problem: null,
    flows: flows.map((flow) => ({
      id: flow.id,
      name: flow.name,
      lifted: lifted
        .filter(({ flowId }) => flowId === flow.id)
        .map(({ nodeId, field, kept }) => ({ node: nodeName(flow, nodeId), field, kept })),
    })),
  };
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
