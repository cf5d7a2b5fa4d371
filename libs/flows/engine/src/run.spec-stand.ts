import type { Graph } from '@flowkeep/flow-graph';
import { TestClock } from '@flowkeep/testing';
import { type Component, defineComponent, noServices, registryOf } from './component.ts';
import { noCredentials } from './credentials.ts';
import type { RunEvent } from './events.ts';
import { streamableText, text } from './inputs.ts';
import { defaultLimits, type RunLimits } from './limits.ts';
import { noOverrides } from './overrides.ts';
import { compile } from './plan.ts';
import { run, type RunOptions } from './run.ts';
import { MessageValue } from './values.ts';

/** A step that ends when the test says so. */
export class Gate {
  readonly open: () => void;
  readonly passed: Promise<unknown>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.passed = promise;
    this.open = () => resolve(undefined);
  }
}

export const source = defineComponent({
  type: 'Source',
  takesInput: { channel: 'text', field: 'value' },
  inputs: { value: text('nothing') },
  outputs: { out: 'Message' },
  run: ({ value }) => ({ out: new MessageValue(value) }),
});

export const join = defineComponent({
  type: 'Join',
  inputs: { left: text(), right: text() },
  outputs: { out: 'Message' },
  run: ({ left, right }) => ({ out: new MessageValue(left + right) }),
});

export const answer = defineComponent({
  type: 'Answer',
  givesOutput: 'chat',
  inputs: { value: streamableText() },
  outputs: { message: 'Message' },
  run: ({ value }, context) => ({
    message: context.say({
      sender: 'Machine',
      senderName: 'AI',
      text: value,
      files: [],
      store: true,
      from: 'value',
    }),
  }),
});

/** Starts a run of this graph and keeps what it tells. */
export function harness(graph: Graph, more: readonly Component[] = [], options: Partial<RunOptions> = {}) {
  const clock = new TestClock();
  const events: RunEvent[] = [];
  let ids = 0;
  const outcome = run(compile(graph, registryOf([source, join, answer, ...more])), {
    flowId: 'flow',
    sessionId: 'session',
    input: null,
    inputType: 'any',
    outputType: 'debug',
    outputNodeId: null,
    overrides: noOverrides,
    credentials: noCredentials,
    services: noServices,
    streaming: false,
    clock,
    newId: () => `id-${++ids}`,
    emit: (event) => void events.push(event),
    ...options,
  });
  outcome.catch(() => undefined);
  return { outcome, clock, events };
}

/** The text of every answer, by node. */
export const texts = async (outcome: ReturnType<typeof run>) =>
  Object.fromEntries(
    (await outcome).map(({ nodeId, value }) => [nodeId, value.type === 'message' ? value.message.text : value.data]),
  );

export const limits = (changed: Partial<RunLimits>): RunLimits => ({ ...defaultLimits, ...changed });
