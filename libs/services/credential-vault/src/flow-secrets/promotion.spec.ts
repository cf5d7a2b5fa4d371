import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import {
  createVariable,
  dropFlowSecrets,
  keepFlowSecrets,
  listVariables,
  promoteFlowSecret,
  resolve,
  toRights,
} from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { callerOf, openVault, type Vault } from '../vault.spec-stand.ts';

const canary = 'sk-canary-b7d3';

await describeOnDialects('a secret of a flow that becomes a credential', (dialect) => {
  let vault: Vault;
  let secretId: string;
  const caller = callerOf();
  const { workspaceId } = caller;
  const flowId = randomUUID();

  beforeEach(async () => {
    vault = await openVault(dialect);
    secretId = await keep(canary);
  });
  afterEach(() => vault.close());

  async function keep(value: unknown): Promise<string> {
    const secret = { id: randomUUID(), nodeId: 'Model-1', field: 'api_key', value: JSON.stringify(value) };
    await vault.runner.call(keepFlowSecrets, { workspaceId, flowId, secrets: [secret] }, systemContext);
    return secret.id;
  }
  const promote = (about: Partial<{ flowId: string; secretId: string; name: string }> = {}, who = caller) =>
    vault.runner.call(promoteFlowSecret, { flowId, secretId, name: 'KEY', ...about }, { caller: who });
  const values = async (...variables: string[]) => {
    const request = { workspaceId, flowId: randomUUID(), variables, secretIds: [] };
    return (await vault.runner.call(resolve, request, systemContext)).variables.map(({ value }) => value);
  };

  it('has its value, under its name, for every flow of the workspace', async () => {
    const reply = await promote();
    expect(reply).toMatchObject({ name: 'KEY' });
    expect(await values('KEY')).toEqual([canary]);
    const { variables } = await vault.gateway.call(listVariables, {}, { caller });
    expect(variables).toMatchObject([
      { id: reply.variableId, ownerId: caller.userId, kind: 'credential', value: null, origin: 'person' },
    ]);
    expect(await vault.events('variable.created')).toMatchObject([
      { actorId: caller.userId, details: { name: 'KEY' } },
    ]);
    expect(JSON.stringify([reply, await vault.rows('variable'), await vault.rows('outbox')])).not.toContain(canary);
    await vault.runner.call(dropFlowSecrets, { flowId, secretIds: [secretId] }, systemContext);
    expect(await values('KEY')).toEqual([canary]);
  });

  it('is made once, however often it is said', async () => {
    const replies = [await promote(), await promote()];
    expect(replies[1]).toEqual(replies[0]);
    expect(await vault.rows('variable')).toHaveLength(1);
  });

  it('may have been left behind under another name', async () => {
    await promote({ name: 'LEFT BEHIND' });
    await promote();
    expect(await values('KEY', 'LEFT BEHIND')).toEqual([canary, canary]);
  });

  it('does not take the name of another', async () => {
    await vault.gateway.call(createVariable, { name: 'KEY', value: 'other' }, { caller });
    await expect(promote()).rejects.toMatchObject({ code: 'name_taken' });
    expect(await values('KEY')).toEqual(['other']);
  });

  it('is of that flow and that workspace', async () => {
    const missing = { code: 'flow_secret_not_found' };
    await expect(promote({ flowId: randomUUID() })).rejects.toMatchObject(missing);
    await expect(promote({ secretId: randomUUID() })).rejects.toMatchObject(missing);
    await expect(promote({}, callerOf())).rejects.toMatchObject(missing);
    expect(await vault.rows('variable')).toEqual([]);
  });

  it('is a text, and can be opened', async () => {
    await expect(promote({ secretId: await keep(['a', 'list']) })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [expect.objectContaining({ path: ['field'] })],
    });
    await vault.change('update flow_secret set ciphertext = substr(ciphertext, 1, 25)');
    await expect(promote()).rejects.toMatchObject({ code: 'variable_unreadable' });
    expect(await vault.rows('variable')).toEqual([]);
  });

  it('is made by those who may make variables, for flow-runner', async () => {
    const viewer = { ...caller, rights: [...toRights(['variables:view'])] };
    await expect(promote({}, viewer)).rejects.toMatchObject({ code: 'insufficient_permission' });
    const request = { flowId, secretId, name: 'KEY' };
    await expect(vault.gateway.call(promoteFlowSecret, request, { caller })).rejects.toMatchObject({
      code: 'caller_forbidden',
    });
  });
});
