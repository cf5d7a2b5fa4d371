import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { flowSummary } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { describeOnDialects, exampleFlow, langflowExport, langflowNode } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, runOf, type Stand } from '../flow-runner.spec-stand.ts';

const all = { skip: 0, take: 1000, withDocuments: false };
const echo = exampleFlow('echo') as JsonObject;

await describeOnDialects('flows', (dialect) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await openStand(dialect);
  });
  afterEach(() => stand.close());

  const list = (caller = callerOf(), more = {}) => stand.flows.list({ ...all, ...more }, contextOf(caller));
  const get = (caller: ReturnType<typeof callerOf>, flowId: string) => stand.flows.get({ flowId }, contextOf(caller));
  const remove = async (caller: ReturnType<typeof callerOf>, ...flowIds: string[]) =>
    (await stand.flows.delete({ flowIds }, contextOf(caller))).deleted;

  it('gives an import back as it came, with what lists show', async () => {
    const caller = callerOf();
    const json = langflowExport([langflowNode('Webhook-1', 'Webhook')], [], { endpoint_name: 'hook', tags: ['a'] });
    const [flow] = await stand.import(caller, json);
    expect(flow).toMatchObject({
      workspaceId: caller.workspaceId,
      ownerId: caller.userId,
      dialect: 'langflow',
      name: 'A flow',
      description: 'What it does',
      endpointName: 'hook',
      access: 'private',
      component: false,
      webhook: true,
      version: 1,
      document: json,
    });
    expect(flow?.projectId).toBe((await stand.rows('project'))[0]?.['id']);
    expect(await get(caller, flow?.id ?? '')).toEqual(flow);
    const summary = flowSummary.parse(flow);
    expect(await list(caller)).toEqual({ total: 1, flows: [summary] });
    expect(await list(caller, { withDocuments: true })).toEqual({ total: 1, flows: [flow] });
  });

  it('files flows under one starter project per workspace', async () => {
    const caller = callerOf();
    const other = callerOf();
    const flows = await Promise.all([caller, caller, other].map((who) => stand.importEcho(who)));
    expect(flows[0]?.projectId).toBe(flows[1]?.projectId);
    expect(flows[2]?.projectId).not.toBe(flows[0]?.projectId);
    expect((await stand.rows('project')).map((row) => row['name'])).toEqual(['Starter Project', 'Starter Project']);
  });

  it('files a flow under the project that is asked for, if the workspace has it', async () => {
    const caller = callerOf();
    const { projectId } = await stand.importEcho(caller);
    const request = { dialect: 'langflow' as const, documents: [echo], projectId };
    expect((await stand.flows.import(request, contextOf(caller))).flows[0]?.projectId).toBe(projectId);
    for (const [who, id] of [
      [caller, randomUUID()],
      [callerOf(), projectId],
    ] as const) {
      await expect(stand.flows.import({ ...request, projectId: id }, contextOf(who))).rejects.toMatchObject({
        code: 'project_not_found',
      });
    }
    expect(await stand.rows('flow')).toHaveLength(2);
  });

  it('numbers names and endpoint names that are taken', async () => {
    const caller = callerOf();
    const names = (await stand.import(caller, echo, echo, { flows: [echo] })).map((flow) => [
      flow.name,
      flow.endpointName,
    ]);
    expect(names).toEqual([
      ['Echo', 'echo'],
      ['Echo (1)', 'echo-1'],
      ['Echo (2)', 'echo-2'],
    ]);
    const colleague = callerOf({ workspaceId: caller.workspaceId });
    expect(await stand.importEcho(colleague)).toMatchObject({ name: 'Echo', endpointName: 'echo-3' });
    expect(await stand.importEcho(callerOf())).toMatchObject({ name: 'Echo', endpointName: 'echo' });
  });

  it('gives flows that come at once different names', async () => {
    const caller = callerOf();
    const first = await stand.importEcho(caller);
    const flows = await Promise.all(Array.from({ length: 5 }, () => stand.importEcho(caller)));
    const names = [first, ...flows].map((flow) => flow.endpointName);
    expect(names.sort()).toEqual(['echo', 'echo-1', 'echo-2', 'echo-3', 'echo-4', 'echo-5']);
  });

  it('keeps a given id while it is free', async () => {
    const id = randomUUID();
    const [first, second] = await stand.import(callerOf(), { ...echo, id: id.toUpperCase() }, { ...echo, id });
    expect(first?.id).toBe(id);
    expect(second?.id).not.toBe(id);
    const [foreign] = await stand.import(callerOf(), { ...echo, id });
    expect(foreign?.id).not.toBe(id);
  });

  it('stores nothing of an import of which a part is no flow, and names the place', async () => {
    const caller = callerOf();
    await expect(stand.import(caller, echo, { flows: [echo, { name: 3 }] })).rejects.toMatchObject({
      code: 'flow_invalid',
      issues: [expect.objectContaining({ path: ['documents', 1, 'flows', 1, 'name'] })],
    });
    expect(await stand.rows('flow')).toEqual([]);
    expect(await stand.rows('project')).toEqual([]);
  });

  it('refuses flows of other products', async () => {
    const request = { dialect: 'flowise' as const, documents: [{ nodes: [], edges: [] }], projectId: null };
    await expect(stand.flows.import(request, contextOf(callerOf()))).rejects.toMatchObject({ code: 'flow_invalid' });
  });

  it('keeps no secret that came with a flow', async () => {
    const fields = {
      api_key: { password: true, value: 'sk-canary' },
      token: { password: true, load_from_db: true, value: 'NAME' },
    };
    const [flow] = await stand.import(callerOf(), langflowExport([langflowNode('Model-1', 'Model', fields)]));
    for (const table of ['flow', 'flow_version', 'outbox'])
      expect(JSON.stringify(await stand.rows(table))).not.toContain('sk-canary');
    expect(JSON.stringify(flow)).not.toContain('sk-canary');
    expect(JSON.stringify(flow)).toContain('NAME');
  });

  it('records what was imported and deleted', async () => {
    const caller = callerOf({ keyId: randomUUID() });
    const flow = await stand.importEcho(caller);
    await remove(caller, flow.id);
    const events = (await stand.rows('outbox')).map((row) => {
      const event = row['event'] as string | object;
      return (typeof event === 'string' ? JSON.parse(event) : event) as object;
    });
    expect(events).toEqual(
      ['flow.imported', 'flow.deleted'].map((action) =>
        expect.objectContaining({
          action,
          subjectId: flow.id,
          actorId: caller.userId,
          keyId: caller.keyId,
          workspaceId: caller.workspaceId,
        }),
      ),
    );
  });

  it('lists the newest change first, in pages', async () => {
    const caller = callerOf();
    const flows = await stand.import(caller, echo, echo, echo);
    const newest = flows.map(({ id }) => id).reverse();
    const page = async (skip: number, take: number) => {
      const { total, flows: found } = await list(caller, { skip, take });
      return [total, found.map(({ id }) => id)];
    };
    expect(await page(0, 2)).toEqual([3, newest.slice(0, 2)]);
    expect(await page(2, 2)).toEqual([3, newest.slice(2)]);
    expect(await page(3, 2)).toEqual([3, []]);
  });

  it('hides the flows of other workspaces', async () => {
    const owner = callerOf();
    const stranger = callerOf({ userId: owner.userId });
    const { id } = await stand.importEcho(owner);
    expect(await list(stranger)).toEqual({ total: 0, flows: [] });
    await expect(get(stranger, id)).rejects.toMatchObject({ code: 'flow_not_found' });
    await expect(get(stranger, randomUUID())).rejects.toMatchObject({ code: 'flow_not_found' });
    expect(await remove(stranger, id)).toBe(0);
    expect(await get(owner, id)).toMatchObject({ id });
  });

  it('keeps a key within its scope', async () => {
    const owner = callerOf();
    const [inside, outside] = await stand.import(owner, echo, echo);
    const [insideId, outsideId, projectId] = [inside?.id ?? '', outside?.id ?? '', inside?.projectId ?? ''];
    const limited = { ...owner, scope: { flowIds: [insideId], projectIds: [] } };
    expect((await list(limited)).flows.map(({ id }) => id)).toEqual([insideId]);
    await expect(get(limited, outsideId)).rejects.toMatchObject({ code: 'flow_not_found' });
    expect(await remove(limited, outsideId)).toBe(0);
    await expect(stand.importEcho(limited)).rejects.toMatchObject({ code: 'insufficient_permission' });
    const ofProject = { ...owner, scope: { flowIds: [], projectIds: [projectId] } };
    expect((await list(ofProject)).total).toBe(2);
    expect(await get(ofProject, outsideId)).toMatchObject({ id: outsideId });
    expect(await stand.importEcho(ofProject)).toMatchObject({ projectId });
    expect((await list({ ...owner, scope: { flowIds: [], projectIds: [randomUUID()] } })).total).toBe(0);
    expect(await remove(limited, insideId)).toBe(1);
  });

  it('deletes flows with all that belongs to them, and nothing else', async () => {
    const caller = callerOf();
    const [gone, kept] = await stand.import(caller, echo, echo);
    for (const flow of [gone, kept]) await stand.runs.run(runOf(flow?.id ?? ''), contextOf(caller));
    expect(await remove(caller, gone?.id ?? '', gone?.id ?? '', randomUUID())).toBe(1);
    expect((await stand.rows('run')).map((row) => row['flow_id'])).toEqual([kept?.id]);
    expect((await stand.rows('message')).map((row) => row['flow_id'])).toEqual([kept?.id, kept?.id]);
    await expect(get(caller, gone?.id ?? '')).rejects.toMatchObject({ code: 'flow_not_found' });
  });

  it('deletes more messages than one step takes', async () => {
    const caller = callerOf();
    const { id } = await stand.importEcho(caller);
    await Promise.all(Array.from({ length: 110 }, () => stand.runs.run(runOf(id), contextOf(caller))));
    expect(await stand.rows('message')).toHaveLength(220);
    expect(await remove(caller, id)).toBe(1);
    expect(await stand.rows('message')).toEqual([]);
  });
});
