import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Caller, createVariable, deleteVariable, type ReplyOf, type variableUse } from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { serveRunner } from '../runner.spec-stand.ts';
import { callerOf, openVault, type Vault } from '../vault.spec-stand.ts';

const flow = (name: string) => ({ flowId: randomUUID(), name });
const canary = 'sk-canary-90c2';

await describeOnDialects('a variable that flows take', (dialect) => {
  let vault: Vault;
  let runner: Awaited<ReturnType<typeof serveRunner>>;
  let use: ReplyOf<typeof variableUse>;
  let asked: { readonly name: string; readonly caller: Caller }[];
  let variableId: string;
  const caller = callerOf();

  beforeEach(async () => {
    use = { total: 0, usedBy: [] };
    asked = [];
    vault = await openVault(dialect);
    runner = await serveRunner(vault.runner, ({ name }, context) => {
      asked.push({ name, caller: context.caller });
      return use;
    });
    const request = { name: 'OPENAI_API_KEY', value: canary };
    variableId = (await vault.gateway.call(createVariable, request, { caller })).id;
  });
  afterEach(async () => {
    await runner.close();
    await vault.close();
  });

  const remove = (force?: boolean, who = caller) =>
    vault.gateway.call(deleteVariable, { variableId, ...(force === undefined ? {} : { force }) }, { caller: who });

  it('is deleted when none does', async () => {
    expect(await remove()).toEqual({ variableId });
    expect(asked).toEqual([{ name: 'OPENAI_API_KEY', caller }]);
    expect(await vault.rows('variable')).toEqual([]);
  });

  it('is refused by the names of the flows, and stays', async () => {
    const flows = ['One', 'Two', 'Three', 'Four'].map(flow);
    use = { total: 6, usedBy: flows };
    await expect(remove()).rejects.toMatchObject({
      code: 'variable_in_use',
      message: 'This variable is used by “One”, “Two”, “Three”, 3 more. Delete it all the same with force=true.',
      issues: flows.map(({ flowId, name }) => ({ path: ['flows', flowId], code: 'in_use', message: name })),
    });
    expect(await vault.rows('variable')).toHaveLength(1);
    expect(await vault.events('variable.deleted')).toEqual([]);
  });

  it.each([
    [1, 'a flow'],
    [2, '2 flows'],
  ])('is refused for %i flows that the caller may not see', async (total, words) => {
    use = { total, usedBy: [] };
    const message = `This variable is used by ${words}. Delete it all the same with force=true.`;
    await expect(remove()).rejects.toMatchObject({ code: 'variable_in_use', message });
  });

  it('goes when that is wanted, without a question', async () => {
    use = { total: 1, usedBy: [flow('One')] };
    expect(await remove(true)).toEqual({ variableId });
    expect(asked).toEqual([]);
    expect(await vault.rows('variable')).toEqual([]);
  });

  it('is not asked about for others', async () => {
    await expect(remove(false, callerOf())).rejects.toMatchObject({ code: 'variable_not_found' });
    expect(asked).toEqual([]);
  });
});
