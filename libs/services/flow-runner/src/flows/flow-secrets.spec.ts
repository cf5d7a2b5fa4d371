import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '@flowkeep/flow-graph';
import { describeOnDialects, langflowExport, langflowNode, TestClock } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, type Stand } from '../flow-runner.spec-stand.ts';

const canary = 'sk-canary-77aa';
const roundMs = 30_000;

function modelFlow(apiKey: unknown, more: JsonObject = {}): JsonObject {
  const field = { name: 'api_key', password: true, value: apiKey } as JsonObject;
  return { ...langflowExport([langflowNode('Model-1', 'LanguageModelComponent', { api_key: field })]), ...more };
}

/** A flow with a field that nothing marks as secret. */
function settings(value: JsonValue): JsonObject {
  return langflowExport([langflowNode('Store-1', 'Store', { target: { name: 'target', type: 'str', value } })]);
}

await describeOnDialects('secrets of flows', (dialect) => {
  let stand: Stand;
  let clock: TestClock;
  const caller = callerOf();

  beforeEach(async () => {
    clock = new TestClock();
    stand = await openStand(dialect, clock);
  });
  afterEach(() => stand.close());

  const keyOf = (document: unknown) => /"api_key":(\{[^}]*\}|null)/.exec(JSON.stringify(document))?.[1];
  const save = (flowId: string, changes: JsonObject, version: number | null = null, who = caller) =>
    stand.flows.save({ flowId, changes: changes, version }, contextOf(who));
  const secrets = () => [...stand.vault.secrets.values()];
  const stored = async () => JSON.stringify([await stand.rows('flow'), await stand.rows('flow_version')]);

  it('lie in the vault, and nowhere else', async () => {
    const { flows, lifted } = await stand.flows.import(
      { dialect: 'langflow', documents: [modelFlow(canary)], projectId: null },
      contextOf(caller),
    );
    const [flow] = flows;
    expect(lifted).toEqual([{ flowId: flow?.id, nodeId: 'Model-1', field: 'api_key', kept: true }]);
    expect(secrets()).toEqual([
      { flowId: flow?.id, nodeId: 'Model-1', field: 'api_key', value: JSON.stringify(canary) },
    ]);
    expect(await stored()).not.toContain(canary);
    expect(await stand.rows('secret_cleanup')).toEqual([]);
    const read = await stand.flows.get({ flowId: flow?.id as string }, contextOf(caller));
    expect(read.document).toEqual(modelFlow(null));
    expect(flow?.document).toEqual(read.document);
    const listed = await stand.flows.list({ skip: 0, take: 10, withDocuments: true }, contextOf(caller));
    expect(listed.flows[0]?.document).toEqual(read.document);
  });

  it('are kept when a client saves what it was shown, and go when it clears the field', async () => {
    const [flow] = await stand.import(caller, modelFlow(canary));
    const id = flow?.id as string;
    const shown = (await stand.flows.get({ flowId: id }, contextOf(caller))).document as JsonObject;
    await save(id, { data: shown['data'] as JsonObject, description: 'changed' });
    const reference = await stored();
    expect(reference).toContain('flowkeep_secret');
    expect(secrets()).toHaveLength(1);
    const cleared = modelFlow('');
    expect(keyOf((await save(id, { data: cleared['data'] as JsonObject })).document)).toContain('""');
    const [now] = await stand.rows('flow');
    expect(now?.['document']).not.toContain('flowkeep_secret');
  });

  it('are lifted out of every save', async () => {
    const [flow] = await stand.import(caller, modelFlow(''));
    const saved = await save(flow?.id as string, { data: modelFlow(canary)['data'] as JsonObject });
    expect(saved).toMatchObject({ version: 2, document: { data: modelFlow(null)['data'] } });
    expect(secrets()).toMatchObject([{ flowId: flow?.id, value: JSON.stringify(canary) }]);
    expect(await stored()).not.toContain(canary);
  });

  it('can not be reached by a reference that somebody wrote himself', async () => {
    await stand.import(caller, modelFlow(canary));
    const [id] = stand.vault.secrets.keys();
    const forged = { flowkeep_secret: id as string };
    const [thief] = await stand.import(caller, modelFlow(forged));
    expect(secrets().filter(({ flowId }) => flowId === thief?.id)).toMatchObject([{ value: JSON.stringify(forged) }]);
  });

  it('are found where nothing marks them, kept while null comes back, replaced and cleared', async () => {
    const [flow] = await stand.import(caller, settings(`postgres://ada:${canary}@db.example/app`));
    const id = flow?.id as string;
    const data = async (value: JsonValue) => ({ data: settings(value)['data'] as JsonObject });
    expect(flow?.document).toEqual(settings(null));
    expect(secrets()).toMatchObject([
      { field: 'target', value: JSON.stringify(`postgres://ada:${canary}@db.example/app`) },
    ]);
    await save(id, await data(null));
    expect(secrets()).toHaveLength(1);
    expect(await stored()).toMatch(/flowkeep_secret.*flowkeep_secret/);
    const headers = [{ key: 'Authorization', value: `Bearer ${canary}` }];
    expect((await save(id, await data(headers))).document).toMatchObject(await data(null));
    expect(secrets().map(({ value }) => JSON.parse(value) as JsonValue)).toContainEqual(headers);
    expect((await save(id, await data('postgres://db.example/app'))).document).toMatchObject(
      await data('postgres://db.example/app'),
    );
    expect((await stand.rows('flow'))[0]?.['document']).not.toContain('flowkeep_secret');
    expect(await stored()).not.toContain(canary);
  });

  it('can not be reached by a reference in a field that is no secret', async () => {
    await stand.import(caller, modelFlow(canary));
    const [id] = stand.vault.secrets.keys();
    const [thief] = await stand.import(caller, settings({ flowkeep_secret: id as string }));
    expect(secrets().filter(({ flowId }) => flowId === thief?.id)).toMatchObject([{ field: 'target' }]);
    expect((await stand.rows('flow'))[1]?.['document']).not.toContain(id);
  });

  describe('where the server keeps none', () => {
    let other: Stand;
    beforeEach(async () => {
      other = await openStand(dialect, clock, { removeSecrets: true });
    });
    afterEach(() => other.close());

    const kinds: [string, (value: JsonValue) => JsonObject, JsonValue, JsonValue][] = [
      ['a marked secret', modelFlow, canary, ''],
      ['a connection string', settings, `https://ada:${canary}@example.com`, ''],
      ['a table of headers', settings, [{ key: 'X-API-Key', value: canary }], []],
      ['an object with headers', settings, { headers: { 'X-API-Key': canary } }, {}],
    ];

    it.each(kinds)('every write throws %s away', async (_what, flowWith, value, empty) => {
      const request = { dialect: 'langflow' as const, documents: [flowWith(value)], projectId: null };
      const { flows, lifted } = await other.flows.import(request, contextOf(caller));
      const flowId = flows[0]?.id as string;
      expect(lifted).toMatchObject([{ kept: false }]);
      expect(flows[0]?.document).toEqual(flowWith(empty));
      const changes = { data: flowWith(value)['data'] as JsonObject };
      const saved = await other.flows.save({ flowId, changes, version: null }, contextOf(caller));
      expect(saved.document).toEqual({ ...flowWith(empty), endpoint_name: null });
      expect(other.vault.secrets.size).toBe(0);
      const rows = JSON.stringify([await other.rows('flow'), await other.rows('flow_version')]);
      expect(rows).not.toContain(canary);
    });
  });

  it('leave nothing behind when the flow could not be stored', async () => {
    const documents = [modelFlow(canary) as never];
    const projectId = '0198c0de-0000-7000-8000-000000000000';
    const failed = stand.flows.import({ dialect: 'langflow', documents, projectId }, contextOf(caller));
    await expect(failed).rejects.toMatchObject({ code: 'project_not_found' });
    await clock.advance(roundMs);
    await stand.settled(() => stand.vault.secrets.size === 0);
    expect(await stand.rows('secret_cleanup')).toEqual([]);
  });

  it('keep a flow out while the vault is away, and are not lost track of', async () => {
    stand.vault.away = true;
    await expect(stand.import(caller, modelFlow(canary))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stand.rows('flow')).toEqual([]);
    expect(await stand.rows('secret_cleanup')).toHaveLength(1);
    stand.vault.away = false;
    await clock.advance(roundMs);
    await stand.settled(async () => (await stand.rows('secret_cleanup')).length === 0);
  });

  it('go with their flow, also when the vault is away at first', async () => {
    const [flow] = await stand.import(caller, modelFlow(canary));
    stand.vault.away = true;
    await stand.flows.delete({ flowIds: [flow?.id as string] }, contextOf(caller));
    expect(stand.vault.secrets.size).toBe(1);
    stand.vault.away = false;
    await stand.settled(async () => {
      await clock.advance(roundMs);
      return stand.vault.secrets.size === 0;
    });
    await stand.settled(async () => (await stand.rows('secret_cleanup')).length === 0);
  });
});
