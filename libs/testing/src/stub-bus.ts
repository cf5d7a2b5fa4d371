import { Bus, type CallContext } from '@flowkeep/bus';
import {
  type Call,
  DomainError,
  type Event,
  type FrameOf,
  type Operation,
  type PayloadOf,
  type ReplyOf,
  type RequestInput,
  type RequestOf,
  type ServiceName,
  type Stream,
} from '@flowkeep/contracts';

type Answer = (request: unknown, context: CallContext) => unknown;

/** A bus whose other end is the test: requests and replies are held to the contracts, so a stub can't drift from them. */
export class StubBus extends Bus {
  readonly instance = 'test';
  /** The names of the operations called, in order. */
  readonly calls: string[] = [];
  private readonly answers = new Map<string, Answer>();
  private readonly listeners = new Map<string, Set<(payload: never) => void>>();
  private readonly reconnectListeners = new Set<() => void>();

  constructor(readonly service: ServiceName) {
    super();
  }

  answer<Op extends Call>(
    operation: Op,
    answer: (request: RequestOf<Op>, context: CallContext) => ReplyOf<Op> | Promise<ReplyOf<Op>>,
  ): void {
    this.answers.set(operation.name, answer as Answer);
  }

  answerStream<Op extends Stream>(
    operation: Op,
    answer: (request: RequestOf<Op>, context: CallContext) => AsyncIterable<FrameOf<Op>>,
  ): void {
    this.answers.set(operation.name, answer as Answer);
  }

  /** From now on nobody answers the operation. */
  silence(operation: Operation): void {
    this.answers.delete(operation.name);
  }

  async call<Op extends Call>(operation: Op, request: RequestInput<Op>, context: CallContext): Promise<ReplyOf<Op>> {
    const reply = await this.ask(operation, request, context);
    return operation.reply.parse(reply) as ReplyOf<Op>;
  }

  async *stream<Op extends Stream>(
    operation: Op,
    request: RequestInput<Op>,
    context: CallContext,
  ): AsyncIterable<FrameOf<Op>> {
    for await (const frame of this.ask(operation, request, context) as AsyncIterable<unknown>) {
      yield operation.frame.parse(frame) as FrameOf<Op>;
    }
  }

  emit<E extends Event>(event: E, payload: PayloadOf<E>): void {
    for (const listener of this.listeners.get(event.name) ?? []) listener(event.payload.parse(payload) as never);
  }

  on<E extends Event>(event: E, listener: (payload: PayloadOf<E>) => void): () => void {
    const listeners = this.listeners.get(event.name) ?? new Set();
    this.listeners.set(event.name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  /** Makes every listener believe that the connection was lost and is back. */
  reconnect(): void {
    for (const listener of this.reconnectListeners) listener();
  }

  connected(): boolean {
    return true;
  }

  async drain(): Promise<void> {}

  private ask(operation: Operation, request: unknown, context: CallContext): unknown {
    this.calls.push(operation.name);
    const answer = this.answers.get(operation.name);
    if (answer === undefined) throw new DomainError('unavailable', { detail: `nobody answers ${operation.name}` });
    return answer(operation.request.parse(request), context);
  }
}
