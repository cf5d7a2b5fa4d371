import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { describeOnDialects, exampleFlow, langflowExport, langflowNode } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, runOf, type Stand } from '../flow-runner.spec-stand.ts';

const echo = exampleFlow('echo') as JsonObject;

await describeOnDialects('saving a flow', (dialect) => {
  let stand: Stand;
  const caller = callerOf();

  beforeEach(async () => {
    stand = await openStand(dialect);
  });
  afterEach(() => stand.close());

  const save = (flowId: string, changes: JsonObject, version: number | null = null, who = caller) =>
    stand.flows.save({ flowId, changes: changes, version }, contextOf(who));

  it('changes what is given, keeps the rest, and keeps the version before', async () => {
    const { id } = await stand.importEcho(caller);
    const saved = await save(id, { name: 'Echo two', locked: true, fs_path: '/etc/passwd', description: null });
    expect(saved).toMatchObject({ id, name: 'Echo two', description: null, endpointName: 'echo', version: 2 });
    expect(saved.document).toEqual({ ...echo, name: 'Echo two', description: null, locked: true });
    const [before] = await stand.rows('flow_version');
    expect(before).toMatchObject({ flow_id: id, version: 1 });
    expect(JSON.parse(String(before?.['document']))).toEqual(echo);
  });

  it('counts for the next run', async () => {
    const { id } = await stand.importEcho(caller);
    const other = langflowExport([langflowNode('ChatInput-1', 'ChatInput', {})]);
    await save(id, { data: other['data'] as JsonObject });
    expect((await stand.runs.run(runOf(id), contextOf(caller))).outputs).toEqual([]);
  });

  it('keeps the name and endpoint name that the flow got when they were taken', async () => {
    await stand.importEcho(caller);
    const second = await stand.importEcho(caller);
    const saved = await save(second.id, { description: 'the second' });
    expect(saved).toMatchObject({ name: second.name, endpointName: 'echo-1' });
  });

  it.each<[string, JsonObject, string]>([
    ['a name', { name: 'Echo' }, 'Name must be unique'],
    ['an endpoint name', { endpoint_name: 'echo' }, 'Endpoint name must be unique'],
  ])('refuses %s that is taken, and changes nothing', async (_what, changes, message) => {
    const first = await stand.importEcho(caller);
    const second = await stand.importEcho(caller);
    const wanted = 'name' in changes ? { name: first.name } : changes;
    await expect(save(second.id, wanted)).rejects.toMatchObject({ code: 'name_taken', message });
    expect(await stand.flows.get({ flowId: second.id }, contextOf(caller))).toEqual(second);
    expect(await stand.rows('flow_version')).toEqual([]);
  });

  it('refuses what is no flow, naming the place', async () => {
    const { id } = await stand.importEcho(caller);
    await expect(save(id, { data: { nodes: [{ id: '' }], edges: [] } })).rejects.toMatchObject({
      code: 'flow_invalid',
      issues: [expect.objectContaining({ path: ['data', 'nodes', 0, 'id'] }), expect.anything()],
    });
  });

  it('refuses a save of a version that is not the present one', async () => {
    const { id } = await stand.importEcho(caller);
    await save(id, { name: 'newer' }, 1);
    await expect(save(id, { name: 'stale' }, 1)).rejects.toMatchObject({ code: 'flow_changed' });
  });

  it('puts saves that meet one upon the other', async () => {
    const { id } = await stand.importEcho(caller);
    await Promise.all([save(id, { description: 'mine' }), save(id, { tags: ['theirs'] }), save(id, { locked: true })]);
    const flow = await stand.flows.get({ flowId: id }, contextOf(caller));
    expect(flow).toMatchObject({ version: 4, document: { description: 'mine', tags: ['theirs'], locked: true } });
    expect((await stand.rows('flow_version')).map((row) => row['version']).sort()).toEqual([1, 2, 3]);
  });

  it("knows nothing of other people's flows", async () => {
    const { id } = await stand.importEcho(callerOf());
    await expect(save(id, { name: 'mine' })).rejects.toMatchObject({ code: 'flow_not_found' });
  });

  it('publishes and hides', async () => {
    const { id } = await stand.importEcho(caller);
    expect(await save(id, { access_type: 'PUBLIC' })).toMatchObject({ access: 'public' });
    expect(await save(id, { access_type: 'PRIVATE' })).toMatchObject({ access: 'private' });
  });
});
