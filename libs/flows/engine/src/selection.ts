import { DomainError, type RunRequest } from '@flowkeep/contracts';
import { quote } from '@flowkeep/flow-graph';
import type { Channel } from './component.ts';
import type { Plan, PlannedNode } from './plan.ts';

/**
 * The nodes whose outputs a run answers with, in the order they run: those of the wanted channel, all output nodes for
 * `any`, every node for `debug`, or the one that is named.
 */
export function selectOutputs(
  { nodes, order }: Plan,
  { outputNodeId, outputType }: Pick<RunRequest, 'outputNodeId' | 'outputType'>,
): readonly number[] {
  if (outputNodeId !== null && outputNodeId !== '') {
    const index = nodes.findIndex(({ node }) => node.id === outputNodeId);
    if (index >= 0) return [index];
    const message = `The flow has no node ${quote(outputNodeId)}.`;
    throw new DomainError('invalid_request', {
      message,
      issues: [{ path: ['outputNodeId'], code: 'unknown_node', message }],
    });
  }
  if (outputType === 'debug') return order;
  return order.filter((index) => {
    const { component, node } = nodes[index] as PlannedNode;
    return component?.givesOutput !== undefined && isOfChannel(component.givesOutput, node.id, outputType);
  });
}

/** Whether a run's input goes to this node. */
export function takesInput({ component, node }: PlannedNode, inputType: RunRequest['inputType']): boolean {
  return component?.takesInput !== undefined && isOfChannel(component.takesInput.channel, node.id, inputType);
}

/** Langflow goes by the word in the node's id, which there begins with the component's type. */
function isOfChannel(channel: Channel, nodeId: string, wanted: Channel | 'any'): boolean {
  return wanted === 'any' || channel === wanted || nodeId.toLowerCase().includes(wanted);
}
