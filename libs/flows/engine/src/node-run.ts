import { DomainError, type Message } from '@flowkeep/contracts';
import { quote } from '@flowkeep/flow-graph';
import type { Component, ComponentContext, Outputs, PendingOutputs, Saying } from './component.ts';
import type { Execution, InjectedInput } from './execution.ts';
import type { PlannedInput, PlannedNode } from './plan.ts';
import { TextStream } from './text-stream.ts';
import { describeNode } from './trace.ts';
import { MessageValue } from './values.ts';

const none: ReadonlyMap<string, string> = new Map();

/** One node of a run: collects its inputs, runs its component, says its messages. */
export class NodeRun implements ComponentContext {
  variables: ReadonlyMap<string, string> = none;
  private readonly execution: Execution;
  private readonly planned: PlannedNode;

  constructor(execution: Execution, planned: PlannedNode) {
    this.execution = execution;
    this.planned = planned;
  }

  /** Answers at once where nothing has to be waited for. */
  start(): Outputs | Promise<Outputs> {
    const { component } = this.planned;
    if (component === null) throw unknownComponent(this.planned);
    const unfinished = this.unfinishedTexts();
    return unfinished.length === 0 ? this.run(component) : this.runAfter(component, unfinished);
  }

  get sessionId(): string {
    return this.execution.options.sessionId;
  }

  get textLimit(): number {
    return this.execution.limits.textLength;
  }

  get signal(): AbortSignal {
    return this.execution.signal;
  }

  say(saying: Saying): MessageValue | Promise<MessageValue> {
    const { store, text } = saying;
    const message = this.execution.message({
      sender: saying.sender,
      senderName: saying.senderName,
      text: '',
      files: [...saying.files],
      ...this.sourceOf(saying.from),
    });
    if (text instanceof TextStream) return this.sayStream(message, text, store);
    const said = { ...message, text };
    const value = new MessageValue(text, { files: saying.files, message: said, stored: store });
    if (!store) return value;
    const { emit } = this.execution.options;
    if (saying.sender === 'User')
      return after(emit({ type: 'message', message: said, state: 'complete' }), () => value);
    return after(emit({ type: 'message', message, state: 'partial' }), () =>
      after(emit({ type: 'message', message: said, state: 'complete' }), () => value),
    );
  }

  private async sayStream(message: Message, stream: TextStream, store: boolean): Promise<MessageValue> {
    const { emit, clock } = this.execution.options;
    if (store) await emit({ type: 'message', message, state: 'partial' });
    let text = '';
    for await (const chunk of stream) {
      text += chunk;
      if (store) await emit({ type: 'token', messageId: message.id, text: chunk, at: clock.now() });
    }
    const said = { ...message, text };
    if (store) await emit({ type: 'message', message: said, state: 'complete' });
    return new MessageValue(text, { files: message.files, message: said, stored: store });
  }

  /** The node that an input's message came from, as answers name it. */
  private sourceOf(input: string | undefined): Pick<Message, 'source' | 'icon'> {
    const source = this.planned.inputs.find(({ name }) => name === input)?.source;
    const node = this.execution.plan.nodes[source?.index ?? -1]?.node;
    if (node === undefined) return { source: null, icon: '' };
    return { source: { nodeId: node.id, displayName: node.displayName, model: null }, icon: node.icon };
  }

  private run(component: Component): Outputs | Promise<Outputs> {
    const { trace, clock } = this.execution.options;
    const inputs: Record<string, unknown> = {};
    const injected = this.execution.inputFor(this.planned);
    for (const input of this.planned.inputs) inputs[input.name] = this.read(input, injected);
    if (this.planned.variables.length > 0) {
      this.variables = new Map(
        this.planned.variables.map((input) => [input.name, this.read(input, injected) as string]),
      );
    }
    if (trace === undefined) return settled(component.run(inputs, this));
    const startedAt = clock.now();
    const start = clock.monotonic();
    const shown = { ...inputs, ...Object.fromEntries(this.variables) };
    const tell = (status: 'done' | 'failed', outputs: Outputs): void =>
      trace(
        describeNode(this.planned.node, { startedAt, durationMs: clock.monotonic() - start, status }, shown, outputs),
      );
    return this.traced(() => settled(component.run(inputs, this)), tell);
  }

  private async traced(
    work: () => Outputs | Promise<Outputs>,
    tell: (status: 'done' | 'failed', outputs: Outputs) => void,
  ): Promise<Outputs> {
    try {
      const outputs = await work();
      tell('done', outputs);
      return outputs;
    } catch (error) {
      tell('failed', {});
      throw error;
    }
  }

  private async runAfter(component: Component, unfinished: readonly TextStream[]): Promise<Outputs> {
    await Promise.all(unfinished.map((stream) => stream.finish()));
    return this.run(component);
  }

  /** What the run was started with comes first, then what an edge brings, then the setting. */
  private read({ name, source, spec, value, variable }: PlannedInput, injected: InjectedInput | undefined): unknown {
    if (injected?.field === name) return spec.read(injected.value);
    if (source !== null) return spec.read(this.execution.valueAt(source));
    const override = this.execution.options.overrides.get(this.planned.node.id)?.get(name);
    if (override !== undefined) return spec.read(override);
    if (variable !== null) throw missingVariable(this.planned, name, variable);
    return value;
  }

  /** Texts still being written that this node needs whole. */
  private unfinishedTexts(): TextStream[] {
    const texts: TextStream[] = [];
    for (const { source, spec } of [...this.planned.inputs, ...this.planned.variables]) {
      if (source === null || spec.streaming) continue;
      const value = this.execution.valueAt(source);
      if (value instanceof MessageValue && value.text instanceof TextStream) texts.push(value.text);
    }
    return texts;
  }
}

function unknownComponent({ node }: PlannedNode): DomainError {
  return new DomainError('component_unknown', {
    message:
      `The node ${quote(node.id)} has the component type ${quote(node.type)}, which Flowkeep does not know. ` +
      'Remove the node, or put a component in its place that Flowkeep has.',
  });
}

function missingVariable({ node }: PlannedNode, field: string, variable: string): DomainError {
  return new DomainError('run_failed', {
    message: `The field ${quote(field)} of the node ${quote(node.id)} needs the variable ${quote(variable)}, which does not exist.`,
  });
}

/** Waits for outputs that are on their way, and only then. */
function settled(given: PendingOutputs | Promise<PendingOutputs>): Outputs | Promise<Outputs> {
  if (given instanceof Promise) return given.then(settled);
  for (const value of Object.values(given)) if (value instanceof Promise) return allOf(given);
  return given as Outputs;
}

async function allOf(given: PendingOutputs): Promise<Outputs> {
  const entries = Object.entries(given).map(async ([port, value]) => [port, await value] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function after<T>(work: unknown, next: () => T | Promise<T>): T | Promise<T> {
  return work instanceof Promise ? work.then(next) : next();
}
