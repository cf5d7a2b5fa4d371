import type { NodeOutput, RunRequest } from '@flowkeep/contracts';
import type { RunServices } from './component.ts';
import type { Credentials } from './credentials.ts';
import type { NodeTrace, RunEvent } from './events.ts';
import { Execution } from './execution.ts';
import { defaultLimits, type RunLimits } from './limits.ts';
import type { Overrides } from './overrides.ts';
import type { Plan } from './plan.ts';
import { selectOutputs } from './selection.ts';

/** What the engine needs of a clock. */
export interface RunClock {
  now(): number;
  monotonic(): number;
  after(delayMs: number, work: () => void): () => void;
}

/** One run of a plan. */
export interface RunOptions extends Pick<RunRequest, 'input' | 'inputType' | 'outputType' | 'outputNodeId'> {
  readonly flowId: string;
  readonly sessionId: string;
  /** As `readOverrides` made them. */
  readonly overrides: Overrides;
  /** What `credentialNeeds` asked for. */
  readonly credentials: Credentials;
  readonly services: RunServices;
  /** Whether somebody hears the run's tokens. */
  readonly streaming: boolean;
  readonly clock: RunClock;
  /** Makes the ids of messages. */
  readonly newId: () => string;
  /** Hears the run's messages and tokens in order. The run goes on when a returned promise resolves. */
  readonly emit: (event: RunEvent) => unknown;
  /** Hears what each node did. */
  readonly trace?: (trace: NodeTrace) => void;
  /** Aborting it ends the run with `run_cancelled`. */
  readonly signal?: AbortSignal;
  readonly limits?: RunLimits;
}

/**
 * Runs every node of a plan, each as soon as those it depends on are done. Whatever leaves the run (its outputs, events,
 * traces and failures) has its secrets blanked; nodes among each other pass on what they are given.
 *
 * @returns what the wanted output nodes gave, in the order of the flow
 * @throws DomainError `component_unknown` or `run_failed` naming the node, `run_limit_exceeded`,
 *   `run_cancelled`, `invalid_request` for an output node the flow does not have
 */
export async function run(plan: Plan, options: RunOptions): Promise<NodeOutput[]> {
  const wanted = selectOutputs(plan, options);
  const execution = new Execution(plan, options, options.limits ?? defaultLimits, wanted);
  try {
    await execution.finish();
    return await execution.outputsOf(wanted);
  } catch (error) {
    throw execution.redaction.error(error);
  }
}
