import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { run, type RunFrame, runFrame } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { query } from '@flowkeep/persistence';
import { describeOnDialects, exampleFlow, langflowEdge, langflowExport, langflowNode } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, runOf, type Stand } from '../flow-runner.spec-stand.ts';

const greeting = exampleFlow('prompt-greeting') as JsonObject;

await describeOnDialects('runs', (dialect) => {
  let stand: Stand;
  const caller = callerOf();
  beforeEach(async () => {
    stand = await openStand(dialect);
  });
  afterEach(() => stand.close());

  const start = (request: ReturnType<typeof runOf>, who = caller) => stand.runs.run(request, contextOf(who));
  const text = async (outcome: ReturnType<typeof start>) => {
    const [output] = (await outcome).outputs;
    return output?.value.type === 'message' ? output.value.message.text : output?.value.data;
  };

  it('answers, and has stored run and messages by then', async () => {
    const flow = await stand.importEcho(caller);
    const who = { ...caller, userId: randomUUID(), keyId: randomUUID() };
    const result = await start(runOf(flow.id, { sessionId: 'talk' }), who);
    expect(run.reply.parse(result)).toEqual(result);
    expect(result).toMatchObject({ flowId: flow.id, sessionId: 'talk', input: 'Hi' });
    const [row] = await stand.rows('run');
    expect(row).toMatchObject({
      id: result.runId,
      workspace_id: caller.workspaceId,
      owner_id: caller.userId,
      caller_id: who.userId,
      key_id: who.keyId,
      flow_id: flow.id,
      flow_version: 1,
      session_id: 'talk',
      status: 'completed',
      error_code: null,
    });
    const messages = await stand.rows('message');
    expect(
      messages.map((message) => [message['sender'], message['text'], message['run_id'], message['session_id']]),
    ).toEqual([
      ['User', 'Hi', result.runId, 'talk'],
      ['Machine', 'Hi', result.runId, 'talk'],
    ]);
    expect(messages[1]?.['id']).toBe(result.outputs[0]?.value.type === 'message' && result.outputs[0].value.message.id);
  });

  it('finds a flow by id in any case, and by endpoint name', async () => {
    const flow = await stand.importEcho(caller);
    expect(await text(start(runOf(flow.id.toUpperCase())))).toBe('Hi');
    expect(await text(start(runOf('echo')))).toBe('Hi');
    expect((await start(runOf('echo'))).sessionId).toBe(flow.id);
  });

  it.each(['echo', 'nothing', 'a\u0000b', randomUUID(), ''])('finds nothing else: %j', async (reference) => {
    const flow = await stand.importEcho(callerOf());
    for (const asked of [reference, flow.id]) {
      await expect(start({ ...runOf('x'), flow: asked })).rejects.toMatchObject({
        code: 'flow_not_found',
        message: `Flow identifier ${asked} not found`,
      });
    }
    expect(await stand.rows('run')).toEqual([]);
  });

  it('keeps a key within its scope', async () => {
    const inside = await stand.importEcho(caller);
    const outside = await stand.importEcho(caller);
    const limited = { ...caller, scope: { flowIds: [inside.id], projectIds: [] } };
    expect(await text(start(runOf(inside.id), limited))).toBe('Hi');
    for (const reference of [outside.id, outside.endpointName ?? '']) {
      await expect(start(runOf(reference), limited)).rejects.toMatchObject({ code: 'flow_not_found' });
    }
  });

  it('runs what is stored now, whichever instance changed it', async () => {
    const flow = await stand.importEcho(caller);
    const other = await stand.instance();
    await other.runs.run(runOf(flow.id), contextOf(caller));
    await stand.database.transaction((em) =>
      query(em, 'update flow set document = $1, version = version + 1 where id = $2', [
        JSON.stringify(greeting),
        flow.id,
      ]),
    );
    expect(await text(other.runs.run(runOf(flow.id), contextOf(caller)))).toBe('Hello! You asked: Hi');
    await stand.flows.delete({ flowIds: [flow.id] }, contextOf(caller));
    await expect(other.runs.run(runOf(flow.id), contextOf(caller))).rejects.toMatchObject({ code: 'flow_not_found' });
    await other.module.close();
  });

  it('answers a flow without nodes with nothing', async () => {
    const [flow] = await stand.import(caller, { name: 'Empty' });
    expect((await start(runOf(flow?.id ?? ''))).outputs).toEqual([]);
  });

  it('stores a run that failed with the code and without its reason', async () => {
    const json = langflowExport(
      [langflowNode('ChatInput-1', 'ChatInput', { input_value: {} }), langflowNode('Magic-1', 'Magic', { in: {} })],
      [langflowEdge('ChatInput-1', 'message', 'Magic-1', 'in')],
    );
    const [flow] = await stand.import(caller, json);
    await expect(start(runOf(flow?.id ?? ''))).rejects.toMatchObject({ code: 'component_unknown' });
    expect((await stand.rows('run')).map((row) => [row['status'], row['error_code']])).toEqual([
      ['failed', 'component_unknown'],
    ]);
    expect((await stand.rows('message')).map((row) => row['sender'])).toEqual(['User']);
  });

  it('stores a run of a flow that can not run at all', async () => {
    const edge = { source: 'A-1', target: 'A-1', sourceHandle: 'A|A-1|x', targetHandle: 'x|y|A-1' };
    const [flow] = await stand.import(caller, langflowExport([langflowNode('A-1', 'A')], [edge]));
    await expect(start(runOf(flow?.id ?? ''))).rejects.toMatchObject({ code: 'run_failed' });
    expect((await stand.rows('run')).map((row) => row['error_code'])).toEqual(['run_failed']);
  });

  it('lets who may only run a flow set what is open, and who may change it more', async () => {
    const [flow] = await stand.import(caller, greeting);
    const onlyRuns = callerOf({ workspaceId: caller.workspaceId }, ['runs:create']);
    const overriding = (overrides: JsonObject, who = onlyRuns) => start(runOf(flow?.id ?? '', { overrides }), who);
    expect(await text(overriding({ 'Prompt-greet': { template: '<{question}>' } }))).toBe('<Hi>');
    const closed = { 'ChatOutput-greet': { sender_name: 'Bob' } };
    await expect(overriding(closed)).rejects.toMatchObject({
      code: 'override_refused',
      message: expect.stringMatching(/"sender_name".*"ChatOutput-greet"/),
    });
    expect((await overriding(closed, caller)).outputs[0]?.value).toMatchObject({ message: { senderName: 'Bob' } });
    await expect(overriding({ 'ChatInput-greet': { input_value: 'x' } }, caller)).rejects.toMatchObject({
      code: 'input_conflict',
    });
    expect(await stand.rows('run')).toHaveLength(2);
  });

  it('refuses an output node the flow does not have', async () => {
    const flow = await stand.importEcho(caller);
    await expect(start(runOf(flow.id, { outputNodeId: 'ChatOutput-none' }))).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await stand.rows('run')).toEqual([]);
  });

  it('stores texts that a database can not hold as they are', async () => {
    const flow = await stand.importEcho(caller);
    expect(await text(start(runOf(flow.id, { input: 'a\u0000b \ud83d' })))).toBe('a\u0000b \ud83d');
    expect((await stand.rows('message'))[0]?.['text']).toMatch(/^a\ufffdb /);
    for (const sessionId of ['a\u0000', 'a\ud83d']) {
      await expect(start(runOf(flow.id, { sessionId }))).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  it('stores every run of many at once', async () => {
    const flow = await stand.importEcho(caller);
    const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    const results = await Promise.all(texts.map((input) => start(runOf(flow.id, { input }))));
    expect(new Set((await stand.rows('run')).map((row) => row['id']))).toEqual(
      new Set(results.map(({ runId }) => runId)),
    );
    expect(new Set((await stand.rows('message')).map((row) => row['text']))).toEqual(new Set(texts));
  });

  it('stores nothing of a run whose flow was deleted meanwhile, and the runs beside it all the same', async () => {
    const [gone, kept] = [await stand.importEcho(caller), await stand.importEcho(caller)];
    const frames = stand.runs.stream(runOf(gone.id), contextOf(caller));
    await frames.next();
    await stand.database.transaction((em) => query(em, 'delete from flow where id = $1', [gone.id]));
    const rest = (async () => {
      while ((await frames.next()).done !== true);
    })();
    await Promise.all([rest, start(runOf(kept.id))]);
    expect((await stand.rows('run')).map((row) => row['flow_id'])).toEqual([kept.id]);
    expect((await stand.rows('message')).map((row) => row['flow_id'])).toEqual([kept.id, kept.id]);
  });

  it('tells a run as it goes, and has stored it before the result', async () => {
    const flow = await stand.importEcho(caller);
    const told: RunFrame[] = [];
    for await (const frame of stand.runs.stream(runOf(flow.id), contextOf(caller))) {
      if (frame.type === 'result') expect(await stand.rows('run')).toHaveLength(1);
      told.push(frame);
    }
    expect(told.map((frame) => runFrame.parse(frame))).toEqual(told);
    expect(
      told.map((frame) =>
        frame.type === 'message' ? `${frame.message.sender} ${frame.state} ${frame.message.text}` : frame.type,
      ),
    ).toEqual(['User complete Hi', 'Machine partial ', 'Machine complete Hi', 'result']);
    expect(told[3]).toMatchObject({
      result: { flowId: flow.id, sessionId: flow.id, outputs: [{ nodeId: 'ChatOutput-echo2' }] },
    });
  });

  it('fails a stream like an answer', async () => {
    await expect(stand.runs.stream(runOf('nothing'), contextOf(caller)).next()).rejects.toMatchObject({
      code: 'flow_not_found',
    });
  });

  it('stores a run as cancelled when its caller is gone before it begins', async () => {
    const flow = await stand.importEcho(caller);
    const controller = new AbortController();
    controller.abort();
    await expect(stand.runs.run(runOf(flow.id), contextOf(caller, controller.signal))).rejects.toMatchObject({
      code: 'run_cancelled',
    });
    expect((await stand.rows('run')).map((row) => [row['status'], row['error_code']])).toEqual([
      ['cancelled', 'run_cancelled'],
    ]);
  });

  it('cancels a run whose reader leaves, and has stored that when the stream is closed', async () => {
    const id = (index: number) => `ChatOutput-${index}`;
    const nodes = Array.from({ length: 40 }, (_, index) => langflowNode(id(index), 'ChatOutput', { input_value: {} }));
    const edges = nodes.slice(1).map((_, index) => langflowEdge(id(index), 'message', id(index + 1), 'input_value'));
    const [flow] = await stand.import(caller, langflowExport(nodes, edges));
    const frames = stand.runs.stream(runOf(flow?.id ?? ''), contextOf(caller));
    await frames.next();
    await frames.return();
    expect((await stand.rows('run')).map((row) => row['status'])).toEqual(['cancelled']);
    expect((await stand.rows('message')).length).toBeLessThan(40);
  });
});
