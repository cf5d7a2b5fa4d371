import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { describeOnDialects, exampleFlow, langflowExport, langflowNode } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, type Stand } from '../flow-runner.spec-stand.ts';

const secret = { password: true, display_name: 'OpenAI API Key', value: '' };

function modelFlow(...fields: Readonly<Record<string, JsonObject>>[]): JsonObject {
  return langflowExport(fields.map((each, index) => langflowNode(`Model-${index + 1}`, 'Model', each)));
}

await describeOnDialects('variables that apply to fields', (dialect) => {
  let stand: Stand;
  const caller = callerOf();

  beforeEach(async () => {
    stand = await openStand(dialect);
    stand.vault.defaultFields.push(
      { name: 'OLDER', fields: ['OpenAI API Key'] },
      { name: 'YOUNGER', fields: ['api_key', 'Token'] },
    );
  });
  afterEach(() => stand.close());

  const bring = (...documents: JsonObject[]) =>
    stand.flows.import({ dialect: 'langflow', documents, projectId: null }, contextOf(caller));

  it('are taken by empty secret fields of that name, the older first', async () => {
    const { flows, bound } = await bring(
      modelFlow({ api_key: secret }, { api_key: { ...secret, display_name: 'Key' } }, { token: secret }),
      modelFlow({ other: { password: true, display_name: 'Other', value: '' } }),
      modelFlow({ token: { password: true, display_name: 'Token', value: null } }),
    );
    const [first, , third] = flows.map(({ id }) => id);
    expect(bound).toEqual([
      { flowId: first, nodeId: 'Model-1', field: 'api_key', variable: 'OLDER' },
      { flowId: first, nodeId: 'Model-2', field: 'api_key', variable: 'YOUNGER' },
      { flowId: first, nodeId: 'Model-3', field: 'token', variable: 'OLDER' },
      { flowId: third, nodeId: 'Model-1', field: 'token', variable: 'YOUNGER' },
    ]);
    const read = await stand.flows.get({ flowId: first as string }, contextOf(caller));
    expect(read).toEqual(flows[0]);
    expect(read.document).toEqual(
      modelFlow(
        { api_key: { ...secret, load_from_db: true, value: 'OLDER' } },
        { api_key: { ...secret, display_name: 'Key', load_from_db: true, value: 'YOUNGER' } },
        { token: { ...secret, load_from_db: true, value: 'OLDER' } },
      ),
    );
  });

  it('leave alone what a field holds or names already', async () => {
    const { bound, lifted } = await bring(
      modelFlow(
        { api_key: { ...secret, value: 'sk-1' } },
        { api_key: { ...secret, load_from_db: true, value: 'MINE' } },
      ),
    );
    expect(bound).toEqual([]);
    expect(lifted).toHaveLength(1);
    expect(stand.bus.calls).not.toContain('vault.listDefaultFields');
  });

  it('do not come back to a field that a save has cleared', async () => {
    const [flow] = (await bring(modelFlow({ api_key: secret }))).flows;
    const cleared = modelFlow({ api_key: { ...secret, load_from_db: false } });
    const request = { flowId: flow?.id as string, changes: { data: cleared['data'] as JsonObject }, version: null };
    const saved = await stand.flows.save(request, contextOf(caller));
    expect(saved.document['data']).toEqual(cleared['data']);
    expect(stand.bus.calls.filter((name) => name === 'vault.listDefaultFields')).toHaveLength(1);
  });

  it('keep a flow out while the vault is away, unless it has no such field', async () => {
    stand.vault.away = true;
    await expect(bring(modelFlow({ api_key: secret }))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stand.rows('flow')).toEqual([]);
    await bring(exampleFlow('echo') as JsonObject);
    expect(await stand.rows('flow')).toHaveLength(1);
  });
});
