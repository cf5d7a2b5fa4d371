import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, connectInProcess, createBroker, serve, systemContext } from '@flowkeep/bus';
import { type Clock, SystemClock } from '@flowkeep/config';
import { type Caller, importFlows, listFlows, run, type RunFrame, runnerHealth, runStream } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { SilentLogger } from '@flowkeep/telemetry';
import { describeOnDialects, exampleFlow, openTestDatabase, type TestDatabase } from '@flowkeep/testing';
import { flowRunnerDatabase } from './database.ts';
import { FlowRunnerOptions } from './flow-runner-options.ts';
import { FlowRunnerModule } from './flow-runner.module.ts';
import { callerOf } from './flow-runner.spec-stand.ts';

const documents = [exampleFlow('echo') as JsonObject];

await describeOnDialects('flow-runner on the bus', (dialect) => {
  const clock: Clock = new SystemClock();
  const logger = new SilentLogger();
  let test: TestDatabase;
  let gateway: Bus;
  let runner: Bus;
  let app: Awaited<ReturnType<typeof serve>>;

  beforeEach(async () => {
    test = await openTestDatabase(flowRunnerDatabase, dialect);
    const broker = createBroker({ prefix: 'fk', codec: 'bytes' });
    gateway = connectInProcess(broker, { service: 'gateway', clock, logger });
    runner = connectInProcess(broker, { service: 'runner', clock, logger });
    const outbound = { fetch: () => Promise.reject(new Error('nobody answers')) };
    const options = new FlowRunnerOptions({ removeSecrets: false });
    const parts = { bus: runner, database: test.database, clock, logger, outbound, options };
    app = await serve(FlowRunnerModule.forRoot(parts), runner);
  });
  afterEach(async () => {
    await app.close();
    await Promise.all([gateway.drain(), runner.drain()]);
    await test.close();
  });

  const importAs = (caller: Caller) => gateway.call(importFlows, { dialect: 'langflow', documents }, { caller });

  it('answers all of its operations', async () => {
    const caller = callerOf();
    const { flows } = await importAs(caller);
    expect(flows[0]?.document).toEqual(documents[0]);
    expect((await gateway.call(listFlows, {}, { caller })).flows).toHaveLength(1);
    expect(await gateway.call(runnerHealth, {}, systemContext)).toEqual({ database: 'ok' });
    const result = await gateway.call(run, { flow: 'echo', input: 'Hi' }, { caller });
    expect(run.reply.parse(result).outputs[0]?.value).toMatchObject({ message: { text: 'Hi' } });
    const frames: RunFrame[] = [];
    for await (const frame of gateway.stream(runStream, { flow: 'echo', input: 'Hi' }, { caller })) frames.push(frame);
    expect(frames.map(({ type }) => type)).toEqual(['message', 'message', 'message', 'result']);
  });

  it('lets nobody do what the caller may not', async () => {
    const owner = callerOf();
    await importAs(owner);
    const viewer = callerOf({ workspaceId: owner.workspaceId }, ['flows:view']);
    const denied = { code: 'insufficient_permission' };
    await expect(importAs(viewer)).rejects.toMatchObject(denied);
    await expect(gateway.call(run, { flow: 'echo' }, { caller: viewer })).rejects.toMatchObject(denied);
    await expect(
      gateway.stream(runStream, { flow: 'echo' }, { caller: viewer })[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject(denied);
  });

  it('keeps the code of a failure before and within a stream', async () => {
    const caller = callerOf();
    const stream = gateway.stream(runStream, { flow: 'nothing' }, { caller });
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'flow_not_found',
      message: 'Flow identifier nothing not found',
    });
  });
});
