import { DomainError, type Message } from '@flowkeep/contracts';
import { type JsonValue, quote } from '@flowkeep/flow-graph';
import type { Component, ComponentContext, Outputs, PendingOutputs, RunServices, Saying } from './component.ts';
import { variableOf } from './credentials.ts';
import type { Execution, InjectedInput } from './execution.ts';
import type { PlannedInput, PlannedNode } from './plan.ts';
import { TextStream } from './text-stream.ts';
import { describeNode } from './trace.ts';
import { MessageValue, type PortValue } from './values.ts';

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

  get streaming(): boolean {
    return this.execution.options.streaming;
  }

  get services(): RunServices {
    return this.execution.options.services;
  }

  variableFor(name: string): string | null {
    const input = this.planned.inputs.find((planned) => planned.name === name);
    return input === undefined ? null : variableOf(this.planned, input, this.execution.options.overrides);
  }

  redact(text: string): string {
    return this.execution.redaction.text(text);
  }

  wants(port: string): boolean {
    return this.planned.usedPorts.has(port) || this.execution.isWanted(this.planned);
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
    const said = { ...message, text: this.redact(text) };
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
    const pieces = this.execution.redaction.pieces();
    let shown = '';
    const show = async (piece: string): Promise<void> => {
      shown += piece;
      if (store && piece !== '') await emit({ type: 'token', messageId: message.id, text: piece, at: clock.now() });
    };
    for await (const chunk of stream) await show(pieces.push(chunk));
    await show(pieces.end());
    const said = { ...message, text: shown };
    if (store) await emit({ type: 'message', message: said, state: 'complete' });
    return new MessageValue(stream.written, { files: message.files, message: said, stored: store });
  }

  /** The node that an input's message came from, as answers name it. */
  private sourceOf(input: string | undefined): Pick<Message, 'source' | 'icon'> {
    const source = this.planned.inputs.find(({ name }) => name === input)?.source ?? null;
    const node = this.execution.plan.nodes[source?.index ?? -1]?.node;
    if (source === null || node === undefined) return { source: null, icon: '' };
    const model = modelOf(this.execution.valueAt(source));
    return { source: { nodeId: node.id, displayName: node.displayName, model }, icon: node.icon };
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
        describeNode(
          this.planned.node,
          { startedAt, durationMs: clock.monotonic() - start, status },
          { inputs: shown, outputs },
          this.execution.redaction,
        ),
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
  private read(input: PlannedInput, injected: InjectedInput | undefined): unknown {
    const { name, source, spec, value } = input;
    if (injected?.field === name) return spec.read(injected.value);
    if (source !== null) return spec.read(this.execution.valueAt(source));
    const override = this.execution.options.overrides.get(this.planned.node.id)?.get(name);
    if (override !== undefined) return spec.read(override);
    const stored = this.planned.usesCredentials ? this.stored(input) : undefined;
    return stored === undefined ? value : spec.read(stored);
  }

  /** What lies in the vault for an input; undefined when the input takes nothing from there. */
  private stored(input: PlannedInput): JsonValue | undefined {
    const { credentials, overrides } = this.execution.options;
    if (input.secretId !== null) {
      const secret = credentials.secrets.get(input.secretId);
      if (secret === undefined) throw missingSecret(this.planned, input.name);
      return secret;
    }
    const variable = variableOf(this.planned, input, overrides);
    if (variable === null) return undefined;
    const found = credentials.variables.get(variable);
    if (found === undefined && input.variable !== null) throw missingVariable(this.planned, input.name, variable);
    if (found?.credential === true && input.name === 'session_id') throw credentialAsSession(this.planned, variable);
    return found?.value;
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
  return new DomainError('variable_missing', {
    message:
      `The field ${quote(field)} of the node ${quote(node.id)} needs the variable ${quote(variable)}, which does not ` +
      'exist. Store a variable of that name.',
  });
}

function missingSecret({ node }: PlannedNode, field: string): DomainError {
  return new DomainError('variable_unreadable', {
    message: `The stored secret of the field ${quote(field)} of the node ${quote(node.id)} is gone. Set it again.`,
  });
}

/** Sessions are shown in lists and logs. */
function credentialAsSession({ node }: PlannedNode, variable: string): DomainError {
  return new DomainError('run_failed', {
    message: `The credential ${quote(variable)} can't name the session of the node ${quote(node.id)}.`,
  });
}

function modelOf(value: PortValue | undefined): string | null {
  return value instanceof MessageValue ? value.model : null;
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
