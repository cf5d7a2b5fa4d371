import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Caller, listVariableUses, RequestOf } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { query } from '@flowkeep/persistence';
import { describeOnDialects, langflowExport, langflowNode } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, type Stand } from '../flow-runner.spec-stand.ts';

/** A flow that takes these variables. */
function taking(name: string, ...variables: string[]): JsonObject {
  const nodes = variables.map((value, index) =>
    langflowNode(`Model-${index}`, 'Model', { api_key: { password: true, load_from_db: true, value } }),
  );
  return langflowExport(nodes, [], { name });
}

await describeOnDialects('what variables are used by', (dialect) => {
  let stand: Stand;
  const caller = callerOf();

  beforeEach(async () => {
    stand = await openStand(dialect);
  });
  afterEach(() => stand.close());

  const list = (request: Partial<RequestOf<typeof listVariableUses>> = {}, who: Caller = caller) =>
    stand.flows.listUses({ take: 100, ...request }, contextOf(who));
  const use = (name: string, who: Caller = caller) => stand.flows.usesOf({ name }, contextOf(who));
  const store = async (...documents: JsonObject[]) =>
    (await stand.import(caller, ...documents)).map(({ id, name }) => ({ flowId: id, name }));

  it('is listed by variable, the latest flow first', async () => {
    const [one, two] = await store(taking('One', 'B', 'A', 'A'), taking('Two', 'A'));
    expect(await list()).toEqual({
      uses: [
        { variable: 'A', total: 2, usedBy: [two, one] },
        { variable: 'B', total: 1, usedBy: [one] },
      ],
      next: null,
    });
    expect((await list({ name: 'B' })).uses).toEqual([{ variable: 'B', total: 1, usedBy: [one] }]);
    expect(await list({ name: 'C' })).toEqual({ uses: [], next: null });
  });

  it('comes in pages', async () => {
    await store(taking('One', 'A', 'B', 'C'));
    const page = async (after?: string) => {
      const { uses, next } = await list({ take: 2, ...(after === undefined ? {} : { after }) });
      return [uses.map(({ variable }) => variable), next];
    };
    expect(await page()).toEqual([['A', 'B'], 'B']);
    expect(await page('B')).toEqual([['C'], null]);
  });

  it('counts every flow and names a hundred', async () => {
    await store(...Array.from({ length: 101 }, (_, index) => taking(`Flow ${index}`, 'A')));
    const { uses } = await list();
    expect(uses).toMatchObject([{ variable: 'A', total: 101 }]);
    expect(uses[0]?.usedBy).toHaveLength(100);
    expect((await use('A')).total).toBe(101);
  });

  it('follows saves and deletions', async () => {
    const [one] = await store(taking('One', 'A'));
    const flowId = one?.flowId as string;
    const changes = { data: taking('One', 'B')['data'] as JsonObject };
    await stand.flows.save({ flowId, changes, version: null }, contextOf(caller));
    expect((await list()).uses.map(({ variable }) => variable)).toEqual(['B']);
    await stand.flows.delete({ flowIds: [flowId] }, contextOf(caller));
    expect((await list()).uses).toEqual([]);
    const left = await stand.database.read((em) => query(em, 'select * from flow_variable'));
    expect(left.rows).toEqual([]);
  });

  it('says nothing of flows that the caller may not see', async () => {
    const [one, two] = await store(taking('One', 'A', 'B'), taking('Two', 'A'));
    const limited = { ...caller, scope: { flowIds: [two?.flowId as string], projectIds: [] } };
    expect((await list({}, limited)).uses).toEqual([{ variable: 'A', total: 1, usedBy: [two] }]);
    expect((await list({}, callerOf())).uses).toEqual([]);
    const [project] = await stand.rows('project');
    const ofProject = { ...caller, scope: { flowIds: [], projectIds: [project?.['id'] as string] } };
    expect((await list({}, ofProject)).uses).toHaveLength(2);
    expect(await use('B', limited)).toEqual({ total: 1, usedBy: [] });
    expect(await use('B')).toEqual({ total: 1, usedBy: [one] });
    const blind = callerOf({ workspaceId: caller.workspaceId }, ['variables:delete']);
    expect(await use('A', blind)).toEqual({ total: 2, usedBy: [] });
    expect(await use('A', callerOf())).toEqual({ total: 0, usedBy: [] });
  });

  it('leaves out names that no variable can have', async () => {
    await store(taking('One', 'x'.repeat(256), 'a\u0000b', 'half \ud83d', 'A'));
    expect((await list()).uses.map(({ variable }) => variable)).toEqual(['A']);
  });
});
