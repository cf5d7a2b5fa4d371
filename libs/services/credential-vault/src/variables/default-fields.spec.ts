import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { createVariable, listDefaultFields, updateVariable } from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { callerOf, openVault, type Vault } from '../vault.spec-stand.ts';

const canary = 'sk-canary-1c5e';

await describeOnDialects('fields that pick a variable', (dialect) => {
  let vault: Vault;
  const caller = callerOf();

  beforeEach(async () => {
    vault = await openVault(dialect);
  });
  afterEach(() => vault.close());

  const create = (name: string, ...defaultFields: string[]) =>
    vault.gateway.call(createVariable, { name, value: canary, defaultFields }, { caller });
  const list = async (workspaceId = caller.workspaceId) =>
    (await vault.runner.call(listDefaultFields, { workspaceId }, systemContext)).variables;

  it('are told by name, each of the oldest variable alone, and without a value', async () => {
    const first = await create('Z', 'OpenAI API Key');
    await vault.clock.advance(1);
    await create('A', 'OpenAI API Key', 'Token');
    await create('NONE');
    await create('TOO LATE', 'Token');
    const expected = [
      { name: 'Z', fields: ['OpenAI API Key'] },
      { name: 'A', fields: ['Token'] },
    ];
    expect(await list()).toEqual(expected);
    expect(JSON.stringify(await list())).not.toContain(canary);
    // A change does not make it younger.
    await vault.clock.advance(1);
    await vault.gateway.call(updateVariable, { variableId: first.id, value: 'new' }, { caller });
    expect(await list()).toEqual(expected);
    await vault.gateway.call(updateVariable, { variableId: first.id, defaultFields: [] }, { caller });
    expect(await list()).toEqual([{ name: 'A', fields: ['OpenAI API Key', 'Token'] }]);
  });

  it('are those of one workspace', async () => {
    await create('A', 'Token');
    expect(await list(randomUUID())).toEqual([]);
  });

  it('are told to flow-runner alone', async () => {
    const request = { workspaceId: caller.workspaceId };
    for (const other of [vault.gateway, vault.identity]) {
      const refusal = { code: 'caller_forbidden' };
      await expect(other.call(listDefaultFields, request, systemContext)).rejects.toMatchObject(refusal);
    }
  });
});
