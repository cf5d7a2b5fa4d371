import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { createVariable, dropWorkspace, keepFlowSecrets, listVariables, resolve } from '@flowkeep/contracts';
import { query } from '@flowkeep/persistence';
import { describeOnDialects } from '@flowkeep/testing';
import { callerOf, openVault, type Vault } from '../vault.spec-stand.ts';

await describeOnDialects('a workspace that ended', (dialect) => {
  let vault: Vault;
  beforeEach(async () => {
    vault = await openVault(dialect);
  });
  afterEach(() => vault.close());

  it('takes its values and their keys along, and no others', async () => {
    const ended = callerOf();
    const other = callerOf();
    const flowId = randomUUID();
    for (const caller of [ended, other]) {
      const variable = { name: 'KEY', value: 'canary', kind: 'credential' as const, defaultFields: [] };
      await vault.gateway.call(createVariable, variable, { caller });
      const { workspaceId } = caller;
      const secrets = [{ id: randomUUID(), nodeId: 'Model-1', field: 'api_key', value: 'canary' }];
      await vault.runner.call(keepFlowSecrets, { workspaceId, flowId, secrets }, systemContext);
    }
    const drop = () => vault.identity.call(dropWorkspace, { workspaceId: ended.workspaceId }, systemContext);
    await drop();
    for (const table of ['variable', 'flow_secret', 'data_key']) {
      const workspaces = (await vault.rows(table)).map((row) => row['workspace_id']);
      expect(workspaces.filter((id) => id !== null)).toEqual([other.workspaceId]);
    }
    const keys = (await vault.rows('data_key')).map(({ id }) => id);
    const wraps = await vault.database.read((em) => query(em, 'select data_key_id from data_key_wrap'));
    expect(wraps.rows.map((row) => row['data_key_id']).sort()).toEqual(keys.sort());
    expect(await vault.gateway.call(listVariables, { skip: 0, take: 10 }, { caller: ended })).toMatchObject({
      total: 0,
    });
    const { workspaceId } = other;
    const request = { workspaceId, flowId, variables: ['KEY'], secretIds: [] };
    expect(await vault.runner.call(resolve, request, systemContext)).toMatchObject({
      variables: [{ value: 'canary' }],
    });
    expect(await vault.events('workspace.secrets-deleted')).toMatchObject([
      { subjectId: ended.workspaceId, details: { deleted: 3 } },
    ]);
    await drop();
    expect(await vault.events('workspace.secrets-deleted')).toHaveLength(1);
  });
});
