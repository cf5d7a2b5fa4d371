import { randomBytes, randomUUID } from 'node:crypto';
import { Test } from '@nestjs/testing';
import type { OperationContext } from '@flowkeep/bus';
import { type Clock, SystemClock } from '@flowkeep/config';
import { type Caller, type Permission, type RunRequest, runRequest, toRights } from '@flowkeep/contracts';
import type { Dialect } from '@flowkeep/persistence';
import { query } from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import { exampleFlow, openTestDatabase, StubBus } from '@flowkeep/testing';
import { flowRunnerDatabase } from './database.ts';
import { FlowRunnerOptions } from './flow-runner-options.ts';
import { FlowRunnerModule } from './flow-runner.module.ts';
import { FlowsController } from './flows/flows.controller.ts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { RunsController } from './runs/runs.controller.ts';
import { StubVault } from './vault.spec-stand.ts';

const editor: readonly Permission[] = ['flows:view', 'flows:create', 'flows:update', 'flows:delete', 'runs:create'];

/** Somebody in a workspace of their own, unless told otherwise. */
export function callerOf(about: Partial<Caller> = {}, permissions: readonly Permission[] = editor): Caller {
  return {
    userId: randomUUID(),
    username: 'ada',
    workspaceId: randomUUID(),
    rights: [...toRights(permissions)],
    ...about,
  };
}

/** What a handler is told about a call of this caller. */
export function contextOf(caller: Caller, signal: AbortSignal = new AbortController().signal) {
  return {
    caller,
    signal,
    from: 'gateway',
    trace: randomBytes(16).toString('hex'),
    hop: 0,
    remainingMs: () => 60_000,
  } satisfies OperationContext;
}

/** A request with its defaults filled in, as the bus delivers it. */
export function runOf(flow: string, more: Partial<RunRequest> = {}): RunRequest {
  return runRequest.parse({ flow, input: 'Hi', ...more });
}

/** The service on a database of its own. Several stands may share one database, as instances do. */
export async function openStand(dialect: Dialect, clock: Clock = new SystemClock(), { removeSecrets = false } = {}) {
  const test = await openTestDatabase(flowRunnerDatabase, dialect, clock);
  const vault = new StubVault();
  /** What answers where flows ask the world outside. */
  const outside: { fetch: typeof fetch } = { fetch: () => Promise.reject(new Error('nobody answers')) };
  const instance = async () => {
    const bus = new StubBus('runner');
    const outbound = { fetch: (...request: Parameters<typeof fetch>) => outside.fetch(...request) };
    const options = new FlowRunnerOptions({ removeSecrets });
    const parts = { bus, database: test.database, clock, logger: new SilentLogger(), outbound, options };
    vault.answerAt(bus);
    const module = await Test.createTestingModule({ imports: [FlowRunnerModule.forRoot(parts)] }).compile();
    await module.init();
    return { module, bus, flows: module.get(FlowsController), runs: module.get(RunsController) };
  };
  const first = await instance();
  return {
    ...first,
    instance,
    vault,
    outside,
    database: test.database,
    /** Imports documents and answers the flows. */
    async import(caller: Caller, ...documents: JsonObject[]) {
      const request = { dialect: 'langflow' as const, documents, projectId: null };
      return (await first.flows.import(request, contextOf(caller))).flows;
    },
    async importEcho(caller: Caller) {
      const [flow] = await this.import(caller, exampleFlow('echo') as JsonObject);
      if (flow === undefined) throw new Error('nothing was imported');
      return flow;
    },
    rows: async (table: string) =>
      (await test.database.read((em) => query(em, `select * from ${table} order by id`))).rows,
    /** Waits for work that nobody waits for. */
    async settled(done: () => boolean | Promise<boolean>) {
      for (let attempt = 0; attempt < 200; attempt++) {
        if (await done()) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error('it did not come to that');
    },
    async close() {
      await first.module.close();
      await test.close();
    },
  };
}

export type Stand = Awaited<ReturnType<typeof openStand>>;
