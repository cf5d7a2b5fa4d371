import { DomainError, type Message, type NodeOutput } from '@flowkeep/contracts';
import { quote } from '@flowkeep/flow-graph';
import type { Outputs } from './component.ts';
import { limitExceeded, type RunLimits, textTooLong } from './limits.ts';
import { NodeRun } from './node-run.ts';
import type { Plan, PlannedNode, PlannedSource } from './plan.ts';
import { type Redaction, redactionOf } from './redaction.ts';
import type { RunOptions } from './run.ts';
import { takesInput } from './selection.ts';
import { TextStream } from './text-stream.ts';
import { HandleValue, MessageValue, type PortValue } from './values.ts';

/** What of a run's input goes into a node. */
export interface InjectedInput {
  readonly field: string;
  readonly value: string;
}

/** One run under way. Everything that can be done at once is, so that a run without waiting costs no timer. */
export class Execution {
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly limits: RunLimits;
  /** What blanks the run's secrets in all that is told of it. */
  readonly redaction: Redaction;
  private readonly wanted: readonly number[];
  private readonly outputs: (Outputs | undefined)[];
  private readonly waitingFor: number[];
  private readonly ready: number[] = [];
  private readonly streams: TextStream[] = [];
  private readonly cancelTimers = new Set<() => void>();
  private controller: AbortController | null = null;
  private position = 0;
  private left: number;
  private textLength = 0;
  private settled = false;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(plan: Plan, options: RunOptions, limits: RunLimits, wanted: readonly number[]) {
    this.plan = plan;
    this.wanted = wanted;
    this.options = options;
    this.limits = limits;
    this.redaction = redactionOf(plan, options.credentials, options.overrides);
    this.outputs = new Array<Outputs | undefined>(plan.nodes.length);
    this.waitingFor = [...plan.waitingFor];
    this.left = plan.nodes.length;
  }

  /** Runs all nodes; rejects with the first failure, and stops the rest. */
  finish(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      if (this.options.signal?.aborted === true) return this.fail(new DomainError('run_cancelled'));
      for (const index of this.plan.order) if (this.waitingFor[index] === 0) this.ready.push(index);
      this.advance();
      if (this.settled) return;
      this.options.signal?.addEventListener('abort', this.cancel, { once: true });
      this.deadline(this.limits.runMs, () => limitExceeded(`The run took longer than ${this.limits.runMs} ms.`));
    });
  }

  /** What these nodes gave; waits for texts that are still being written. */
  async outputsOf(indices: readonly number[]): Promise<NodeOutput[]> {
    const outputs: NodeOutput[] = [];
    for (const index of indices) {
      const { node } = this.plan.nodes[index] as PlannedNode;
      for (const [port, value] of Object.entries(this.outputs[index] ?? {})) {
        outputs.push({
          nodeId: node.id,
          nodeType: node.type,
          displayName: node.displayName,
          port,
          value:
            value instanceof MessageValue
              ? {
                  type: 'message',
                  message: value.message ?? (await this.asMessage(value, index)),
                  stored: value.stored,
                }
              : {
                  type: 'data',
                  data: this.redaction.json(value instanceof HandleValue ? value.label : value.data),
                },
        });
      }
    }
    return outputs;
  }

  /** The value at an output of a node that is done. */
  valueAt({ index, port }: PlannedSource): PortValue | undefined {
    return this.outputs[index]?.[port];
  }

  /** The run's input for this node; undefined when it gets none. */
  inputFor(planned: PlannedNode): InjectedInput | undefined {
    const { input, inputType } = this.options;
    const taken = planned.component?.takesInput;
    if (input === null || taken === undefined || !takesInput(planned, inputType)) return undefined;
    return { field: taken.field, value: input };
  }

  /** Whether the answer shows what this node gave. */
  isWanted(planned: PlannedNode): boolean {
    return this.wanted.some((index) => this.plan.nodes[index] === planned);
  }

  /** Aborts when the run ends early. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    return this.controller.signal;
  }

  /** A message as it is told and stored. */
  message(from: Pick<Message, 'sender' | 'senderName' | 'text' | 'files' | 'source' | 'icon'>): Message {
    const { flowId, sessionId, clock, newId } = this.options;
    return { id: newId(), flowId, sessionId, at: clock.now(), error: false, ...this.redaction.json(from) };
  }

  private keep(stream: TextStream): void {
    this.streams.push(stream);
    stream.measure((length) => this.countText(length));
  }

  /** Counts text against the run's limit. */
  private countText(length: number): void {
    this.textLength += length;
    if (this.textLength > this.limits.textLength) throw textTooLong(this.limits.textLength);
  }

  private advance(): void {
    while (this.position < this.ready.length && !this.settled) this.start(this.ready[this.position++] as number);
    if (this.left === 0) this.settle(this.resolve);
  }

  private start(index: number): void {
    const planned = this.plan.nodes[index] as PlannedNode;
    try {
      const outputs = new NodeRun(this, planned).start();
      if (!(outputs instanceof Promise)) return this.complete(index, outputs);
      const { nodeMs } = this.limits;
      const cancelTimer = this.deadline(nodeMs, () =>
        limitExceeded(`The node ${quote(planned.node.id)} took longer than ${nodeMs} ms.`),
      );
      outputs
        .finally(cancelTimer)
        .then((given) => {
          if (this.settled) return;
          this.complete(index, given);
          this.advance();
        })
        .catch((error: unknown) => this.fail(this.failureOf(planned, error)));
    } catch (error) {
      this.fail(this.failureOf(planned, error));
    }
  }

  private complete(index: number, outputs: Outputs): void {
    for (const value of Object.values(outputs)) {
      if (!(value instanceof MessageValue)) continue;
      if (value.text instanceof TextStream) this.keep(value.text);
      else this.countText(value.text.length);
    }
    this.outputs[index] = outputs;
    this.left--;
    for (const follower of (this.plan.nodes[index] as PlannedNode).followers) {
      const waitingFor = (this.waitingFor[follower] as number) - 1;
      this.waitingFor[follower] = waitingFor;
      if (waitingFor === 0) this.ready.push(follower);
    }
  }

  private readonly cancel = (): void => this.fail(new DomainError('run_cancelled'));

  private deadline(delayMs: number, failure: () => DomainError): () => void {
    const cancelTimer = this.options.clock.after(delayMs, () => this.fail(failure()));
    this.cancelTimers.add(cancelTimer);
    return () => {
      this.cancelTimers.delete(cancelTimer);
      cancelTimer();
    };
  }

  private failureOf({ node }: PlannedNode, error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    return new DomainError('run_failed', {
      message: `The node ${quote(node.id)} (${quote(node.type)}) failed.`,
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }

  private fail(error: DomainError): void {
    this.settle(() => this.reject(error));
    this.controller?.abort(error);
    for (const stream of this.streams) stream.cancel();
  }

  private settle(end: () => void): void {
    if (this.settled) return;
    this.settled = true;
    this.options.signal?.removeEventListener('abort', this.cancel);
    for (const cancelTimer of this.cancelTimers) cancelTimer();
    end();
  }

  /** A mere text in the form that answers have. */
  private async asMessage(value: MessageValue, index: number): Promise<Message> {
    const { node } = this.plan.nodes[index] as PlannedNode;
    if (value.text instanceof TextStream) await value.text.finish();
    return this.message({
      sender: 'Machine',
      senderName: 'AI',
      text: typeof value.text === 'string' ? value.text : value.text.written,
      files: [...value.files],
      source: { nodeId: node.id, displayName: node.displayName, model: value.model },
      icon: node.icon,
    });
  }
}
