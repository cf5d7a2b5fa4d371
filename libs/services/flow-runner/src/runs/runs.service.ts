import { Injectable } from '@nestjs/common';
import type { OperationContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  DomainError,
  hasRight,
  type Message,
  type NodeOutput,
  type RunFrame,
  type RunRequest,
  type RunResult,
} from '@flowkeep/contracts';
import {
  credentialNeeds,
  readOverrides,
  refuseRedirection,
  run as runPlan,
  type RunEvent,
  type RunOptions,
} from '@flowkeep/flow-engine';
import { UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { Outbound } from '../outbound.ts';
import { FrameChannel } from './frame-channel.ts';
import { History } from './history.ts';
import { readGlobalVariables, RunCredentials } from './run-credentials.ts';
import { type FlowHead, RunnableFlows } from './runnable-flows.ts';
import type { RunStatus } from './run.entity.ts';
import { RunStore } from './run-store.ts';

type RunContext = Pick<OperationContext, 'trace' | 'signal' | 'hop' | 'remainingMs'> & {
  readonly caller: NonNullable<OperationContext['caller']>;
};

/** Who watches a run, and how it ends early. */
interface Watching {
  readonly signal: AbortSignal;
  readonly streaming: boolean;
  readonly tell: (event: RunEvent) => unknown;
}

/** Requests that are wrong are no runs: nothing is stored of them. */
const refusals: ReadonlySet<string> = new Set(['input_conflict', 'override_refused', 'invalid_request']);

/** Runs flows and stores what came of it before it is told. */
@Injectable()
export class RunsService {
  constructor(
    private readonly flows: RunnableFlows,
    private readonly store: RunStore,
    private readonly credentials: RunCredentials,
    private readonly history: History,
    private readonly outbound: Outbound,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Runs a flow to its end.
   *
   * @throws DomainError the errors of `runner.run`
   */
  run(request: RunRequest, context: RunContext): Promise<RunResult> {
    return this.execute(request, context, { signal: context.signal, streaming: false, tell: () => undefined });
  }

  /** Runs a flow and tells its messages and tokens; leaving early cancels the run. */
  async *stream(request: RunRequest, context: RunContext): AsyncGenerator<RunFrame, void> {
    const leaving = new AbortController();
    const frames = new FrameChannel<RunFrame>();
    const signal = AbortSignal.any([context.signal, leaving.signal]);
    const tell = (event: RunEvent) => frames.push(event);
    const outcome = this.execute(request, context, { signal, streaming: true, tell }).then(
      (result) => {
        void frames.push({ type: 'result', result });
        frames.close();
      },
      (error: unknown) => frames.close(error),
    );
    try {
      yield* frames;
    } finally {
      leaving.abort();
      frames.close();
      await outcome;
    }
  }

  private async execute(
    request: RunRequest,
    context: RunContext,
    { signal, streaming, tell }: Watching,
  ): Promise<RunResult> {
    refuseUnstorable(request);
    const flow = await this.flows.find(context.caller, request.flow);
    const started = { id: this.ids.next(), sessionId: request.sessionId ?? flow.id, startedAt: this.clock.now() };
    const start = this.clock.monotonic();
    const messages: Message[] = [];
    const end = (status: RunStatus, errorCode: string | null): Promise<void> =>
      this.store.add({
        ...started,
        flow,
        callerId: context.caller.userId,
        keyId: context.caller.keyId ?? null,
        trace: context.trace,
        status,
        errorCode,
        durationMs: Math.round(this.clock.monotonic() - start),
        messages,
      });
    const emit = (event: RunEvent): unknown => {
      if (event.type === 'message' && event.state === 'complete') messages.push(event.message);
      return tell(event);
    };
    let outputs: NodeOutput[];
    try {
      outputs = await this.runPlan(request, context, flow, {
        sessionId: started.sessionId,
        signal,
        streaming,
        emit,
      });
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'internal';
      if (!refusals.has(code)) {
        // The run's own failure is the answer, whatever becomes of its record.
        await end(code === 'run_cancelled' ? 'cancelled' : 'failed', code).catch((cause: unknown) =>
          this.logger.warn('a run that failed could not be stored', { runId: started.id, code, cause: String(cause) }),
        );
      }
      throw error;
    }
    await end('completed', null);
    return { runId: started.id, flowId: flow.id, sessionId: started.sessionId, input: request.input, outputs };
  }

  private async runPlan(
    request: RunRequest,
    context: RunContext,
    flow: FlowHead,
    run: Pick<RunOptions, 'sessionId' | 'signal' | 'streaming' | 'emit'>,
  ): Promise<NodeOutput[]> {
    const plan = await this.flows.planOf(flow);
    const right = hasRight(context.caller.rights, 'flows:update') ? 'all-fields' : 'open-fields';
    const overrides = readOverrides(plan, request, right);
    const globals = readGlobalVariables(request.globalVariables);
    refuseRedirection(plan, overrides, { size: globals.size, has: (name) => globals.has(name.toUpperCase()) });
    const credentials = await this.credentials.resolve(flow, credentialNeeds(plan, overrides), globals, {
      ...context,
      signal: run.signal ?? context.signal,
    });
    return runPlan(plan, {
      ...run,
      flowId: flow.id,
      input: request.input,
      inputType: request.inputType,
      outputType: request.outputType,
      outputNodeId: request.outputNodeId,
      overrides,
      credentials,
      services: { fetch: this.outbound.fetch, history: (query) => this.history.of(flow, query) },
      clock: this.clock,
      newId: () => this.ids.next(),
    });
  }
}

/** A session must have the same name in every database; PostgreSQL has neither NUL nor half a surrogate pair. */
function refuseUnstorable({ sessionId }: RunRequest): void {
  if (sessionId === null || (!sessionId.includes('\u0000') && sessionId.isWellFormed())) return;
  const message = 'The text contains a character that cannot be stored.';
  throw new DomainError('invalid_request', { issues: [{ path: ['sessionId'], code: 'invalid_format', message }] });
}
