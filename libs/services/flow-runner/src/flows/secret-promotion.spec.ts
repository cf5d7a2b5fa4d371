import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { describeOnDialects, langflowExport, langflowNode, TestClock } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, type Stand } from '../flow-runner.spec-stand.ts';

const canary = 'sk-canary-30b1';
const place = { nodeId: 'Model-1', field: 'api_key' };

function modelFlow(field: JsonObject): JsonObject {
  const fields = { api_key: { password: true, ...field }, token: { password: true, value: 'other' } };
  return langflowExport([langflowNode('Model-1', 'LanguageModelComponent', fields)]);
}

await describeOnDialects('a hidden secret that gets a name', (dialect) => {
  let stand: Stand;
  let clock: TestClock;
  const caller = callerOf();

  beforeEach(async () => {
    clock = new TestClock();
    stand = await openStand(dialect, clock);
  });
  afterEach(() => stand.close());

  const bring = async () => (await stand.import(caller, modelFlow({ value: canary })))[0]?.id as string;
  const promote = (
    flowId: string,
    about: Partial<typeof place & { name: string; version: number }> = {},
    who = caller,
  ) => stand.flows.promote({ flowId, ...place, name: 'OPENAI_API_KEY', version: 1, ...about }, contextOf(who));
  const get = (flowId: string) => stand.flows.get({ flowId }, contextOf(caller));

  it('becomes a credential that the field takes, and goes', async () => {
    const flowId = await bring();
    const { flow } = await promote(flowId);
    expect(flow).toMatchObject({ id: flowId, version: 2, name: 'A flow' });
    expect(stand.vault.variables.get('OPENAI_API_KEY')).toEqual({ value: canary, kind: 'credential' });
    const document = (await get(flowId)).document;
    const [node] = (document['data'] as { nodes: { data: { node: { template: JsonObject } } }[] }).nodes;
    expect(node?.data.node.template).toMatchObject({
      api_key: { load_from_db: true, value: 'OPENAI_API_KEY' },
      token: { value: null },
    });
    expect((await stand.flows.listUses({ take: 10 }, contextOf(caller))).uses).toMatchObject([
      { variable: 'OPENAI_API_KEY', total: 1 },
    ]);
    expect(await stand.rows('flow_version')).toMatchObject([{ flow_id: flowId, version: 1 }]);
    expect(stand.vault.secrets.size).toBe(2);
    await stand.settled(async () => {
      await clock.advance(30_000);
      return stand.vault.secrets.size === 1;
    });
    expect([...stand.vault.secrets.values()]).toMatchObject([{ field: 'token' }]);
  });

  it('is not found where there is none, or none any more', async () => {
    const flowId = await bring();
    for (const about of [{ field: 'model' }, { nodeId: 'Model-2' }]) {
      await expect(promote(flowId, about)).rejects.toMatchObject({ code: 'flow_secret_not_found' });
    }
    await promote(flowId);
    await expect(promote(flowId, { version: 2 })).rejects.toMatchObject({ code: 'flow_secret_not_found' });
    await expect(promote(flowId, {}, callerOf())).rejects.toMatchObject({ code: 'flow_not_found' });
  });

  it('stays as it is when the flow is at another version, the name is taken, or the vault is away', async () => {
    const flowId = await bring();
    const before = await get(flowId);
    await expect(promote(flowId, { version: 2 })).rejects.toMatchObject({ code: 'flow_changed' });
    expect(stand.vault.variables.size).toBe(0);
    stand.vault.variables.set('OPENAI_API_KEY', { value: 'of somebody else', kind: 'credential' });
    await expect(promote(flowId)).rejects.toMatchObject({ code: 'name_taken' });
    stand.vault.away = true;
    await expect(promote(flowId)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await get(flowId)).toEqual(before);
    expect(stand.vault.secrets.size).toBe(2);
  });

  it('keeps the name the flow got when its own was taken', async () => {
    await bring();
    const flowId = await bring();
    expect((await promote(flowId)).flow).toMatchObject({ name: 'A flow (1)', version: 2 });
  });
});
