import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { dropFlowSecrets, keepFlowSecrets, resolve, secretsChanged } from '@flowkeep/contracts';
import { describeOnDialects, settle } from '@flowkeep/testing';
import { openVault, until, type Vault } from '../vault.spec-stand.ts';

const canary = 'sk-canary-88f0';

await describeOnDialects('secrets of flows', (dialect) => {
  let vault: Vault;
  const workspaceId = randomUUID();
  const flowId = randomUUID();
  const place = { nodeId: 'Model-1', field: 'api_key' };

  beforeEach(async () => {
    vault = await openVault(dialect);
  });
  afterEach(() => vault.close());

  const keep = (id: string, value = canary, flow = flowId) =>
    vault.runner.call(
      keepFlowSecrets,
      { workspaceId, flowId: flow, secrets: [{ id, ...place, value }] },
      systemContext,
    );
  const read = async (id: string, about: { workspaceId?: string; flowId?: string } = {}) => {
    const request = { workspaceId, flowId, variables: [], secretIds: [id], ...about };
    return vault.runner.call(resolve, request, systemContext);
  };
  const values = async (...args: Parameters<typeof read>) => (await read(...args)).secrets.map(({ value }) => value);

  it('are given to runs of their flow, and to no other', async () => {
    const id = randomUUID();
    expect(await keep(id)).toEqual({ kept: 1 });
    expect(await values(id)).toEqual([canary]);
    expect(await values(id, { flowId: randomUUID() })).toEqual([]);
    expect(await values(id, { workspaceId: randomUUID() })).toEqual([]);
    expect(JSON.stringify(await vault.rows('flow_secret'))).not.toContain('canary-88f0');
  });

  it('stay what they are when they are kept again', async () => {
    const id = randomUUID();
    await keep(id);
    expect(await keep(id, 'other')).toEqual({ kept: 0 });
    expect(await keep(id, 'other', randomUUID())).toEqual({ kept: 0 });
    expect(await values(id)).toEqual([canary]);
  });

  it('go one by one, or with their flow', async () => {
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()] as const;
    for (const id of [one, two, three]) await keep(id);
    const drop = (flow: string, secretIds: string[] | null) =>
      vault.runner.call(dropFlowSecrets, { flowId: flow, secretIds }, systemContext);
    expect(await drop(randomUUID(), null)).toEqual({ dropped: 0 });
    expect(await drop(flowId, [one, randomUUID()])).toEqual({ dropped: 1 });
    expect(await drop(flowId, null)).toEqual({ dropped: 2 });
    expect(await drop(flowId, null)).toEqual({ dropped: 0 });
  });

  it('do not open in the row of another flow', async () => {
    const id = randomUUID();
    const other = randomUUID();
    await keep(id);
    await vault.change('update flow_secret set flow_id = $1', [other]);
    expect(await read(id, { flowId: other })).toEqual({ variables: [], secrets: [], unreadable: [id] });
  });

  it('are kept however many there are, all at once or again', async () => {
    const secrets = Array.from({ length: 450 }, (_, index) => ({ id: randomUUID(), ...place, value: `${index}` }));
    const request = { workspaceId, flowId, secrets };
    const replies = await Promise.all(
      [request, request].map((each) => vault.runner.call(keepFlowSecrets, each, systemContext)),
    );
    expect(replies.reduce((sum, { kept }) => sum + kept, 0)).toBe(450);
    const secretIds = secrets.map(({ id }) => id);
    const found = await vault.runner.call(resolve, { workspaceId, flowId, variables: [], secretIds }, systemContext);
    const valueOf = new Map(found.secrets.map(({ id, value }) => [id, value]));
    expect(secretIds.map((id) => valueOf.get(id))).toEqual(secrets.map(({ value }) => value));
  });

  it('tell that they went', async () => {
    const news: unknown[] = [];
    vault.runner.on(secretsChanged, (payload) => news.push(payload));
    await keep(randomUUID());
    await vault.runner.call(dropFlowSecrets, { flowId, secretIds: null }, systemContext);
    await vault.runner.call(dropFlowSecrets, { flowId, secretIds: null }, systemContext);
    await settle();
    expect(news).toEqual([{ workspaceIds: [workspaceId] }]);
  });

  it('that can not be opened are named', async () => {
    const id = randomUUID();
    await keep(id);
    await vault.change('update flow_secret set ciphertext = substr(ciphertext, 1, 25)');
    expect(await read(id)).toEqual({ variables: [], secrets: [], unreadable: [id] });
    await read(id);
    const reported = await until(async () => {
      const events = await vault.events('flow-secret.unreadable');
      return events.length > 0 ? events : undefined;
    });
    expect(reported?.[0]).toMatchObject({ workspaceId, subjectId: id, details: { flowId, ...place } });
    await vault.stop();
    expect(await vault.events('flow-secret.unreadable')).toHaveLength(1);
  });

  it('are for flow-runner alone', async () => {
    const request = { workspaceId, flowId, variables: [], secretIds: [] };
    for (const other of [vault.gateway, vault.identity]) {
      await expect(other.call(resolve, request, systemContext)).rejects.toMatchObject({ code: 'caller_forbidden' });
    }
  });
});
