import type { Bus, CallContext } from '@flowkeep/bus';
import { DomainError, variableUse } from '@flowkeep/contracts';

/** Flows that the sentence names; the issues name more. */
const mostNames = 3;

/**
 * Asks flow-runner whether flows take a variable by its name.
 *
 * @throws DomainError `variable_in_use` with an issue for each flow that the caller may see; `unavailable`
 */
export async function requireUnused(bus: Bus, name: string, context: CallContext): Promise<void> {
  const { total, usedBy } = await bus.call(variableUse, { name }, context);
  if (total === 0) return;
  const named = usedBy.slice(0, mostNames).map((flow) => `“${flow.name}”`);
  const others = total - named.length;
  if (others > 0) named.push(named.length === 0 ? flows(others) : `${others} more`);
  throw new DomainError('variable_in_use', {
    message: `This variable is used by ${named.join(', ')}. Delete it all the same with force=true.`,
    issues: usedBy.map((flow) => ({ path: ['flows', flow.flowId], code: 'in_use', message: flow.name })),
  });
}

function flows(count: number): string {
  return count === 1 ? 'a flow' : `${count} flows`;
}
