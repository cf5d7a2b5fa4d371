import type {
  Call,
  Caller,
  Event,
  FrameOf,
  Operation,
  PayloadOf,
  ReplyOf,
  RequestInput,
  ServiceName,
  Stream,
} from '@flowkeep/contracts';

/** What a call carries besides its request. A handler passes its own context on, so deadline and trace are inherited. */
export interface CallContext {
  /** On whose behalf; null for the service itself. */
  readonly caller: Caller | null;
  /** 32 hex digits; a fresh one when absent. */
  readonly trace?: string;
  /** How many bus calls lie above this one. */
  readonly hop?: number;
  /** Aborting it cancels the call, and the work behind a stream. */
  readonly signal?: AbortSignal;
  /** Milliseconds left of what the call belongs to; the operation's own timeout bounds it. */
  readonly remainingMs?: () => number;
}

/** What a handler knows about the call it answers. */
export interface OperationContext<Op extends Operation = Operation> extends CallContext {
  readonly caller: Op['access'] extends 'system' ? Caller | null : Caller;
  readonly from: ServiceName;
  readonly trace: string;
  readonly hop: number;
  /** Aborts at the deadline, at the caller's cancel, and when the caller falls silent. */
  readonly signal: AbortSignal;
  readonly remainingMs: () => number;
}

/** The context of a call that a service makes for itself. */
export const systemContext: CallContext = { caller: null };

/** A service's way to the others. Both transports keep the same rules. */
export abstract class Bus {
  /** The service this end belongs to. */
  abstract readonly service: ServiceName;
  /** Random per process and service. */
  abstract readonly instance: string;

  /**
   * Asks another service.
   *
   * @throws DomainError with the callee's code; `unavailable` when there is no answer in time; `caller_forbidden` when
   *   this service may not ask that
   */
  abstract call<Op extends Call>(operation: Op, request: RequestInput<Op>, context: CallContext): Promise<ReplyOf<Op>>;

  /** Opens a stream. Nothing is sent before the first `next()`; leaving the loop cancels the producer. */
  abstract stream<Op extends Stream>(
    operation: Op,
    request: RequestInput<Op>,
    context: CallContext,
  ): AsyncIterable<FrameOf<Op>>;

  /** Tells the listeners. May be lost. */
  abstract emit<E extends Event>(event: E, payload: PayloadOf<E>): void;

  /** Hears an event until the returned function is called. */
  abstract on<E extends Event>(event: E, listener: (payload: PayloadOf<E>) => void): () => void;

  /** Hears that the connection is back after it was lost: what was cached from events may be stale. */
  abstract onReconnect(listener: () => void): () => void;

  /** Whether calls can be made now. */
  abstract connected(): boolean;

  /** Stops taking calls, lets those under way end, then closes. */
  abstract drain(): Promise<void>;
}
