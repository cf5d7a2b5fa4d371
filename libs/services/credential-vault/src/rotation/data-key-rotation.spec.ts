import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import {
  createVariable,
  keepFlowSecrets,
  keepSystemSecret,
  listVariables,
  readSystemSecret,
  resolve,
  rotateDataKeys,
  rotationStatus,
  toRights,
  updateVariable,
} from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { credentialVaultDatabase } from '../database.ts';
import { DataKeyWrapEntity } from '../data-keys/data-key.entity.ts';
import { SecretKeyEntity } from '../data-keys/secret-key.entity.ts';
import { administrator, callerOf, newSecretKey, openVault, until, type Vault } from '../vault.spec-stand.ts';
import { sealedTables } from './sealed-tables.ts';

describe('what a rotation covers', () => {
  it('is every table with something encrypted in it', () => {
    const hidden = credentialVaultDatabase.entities.flatMap(({ meta }) =>
      Object.entries(meta.properties)
        .filter(([, property]) => property.hidden === true)
        .map(([property]) => `${meta.tableName}.${property}`),
    );
    const wraps = [`${SecretKeyEntity.meta.tableName}.sealed`, `${DataKeyWrapEntity.meta.tableName}.wrapped`];
    const values = sealedTables.map(({ name }) => `${name}.ciphertext`);
    expect(hidden.toSorted()).toEqual([...wraps, ...values].toSorted());
    for (const { meta } of credentialVaultDatabase.entities) {
      const sealed = sealedTables.some(({ name }) => name === meta.tableName);
      expect([meta.tableName, Object.hasOwn(meta.properties, 'dataKeyId')]).toEqual([
        meta.tableName,
        sealed || meta.tableName === DataKeyWrapEntity.meta.tableName,
      ]);
    }
  });
});

await describeOnDialects('a change of data keys', (dialect) => {
  const secretKey = newSecretKey();
  const caller = callerOf({ rights: [...toRights(administrator)] });
  const { workspaceId } = caller;
  const flowId = randomUUID();
  let vault: Vault;
  let opened: Vault[];

  beforeEach(async () => {
    vault = await openVault(dialect, {}, { secretKeys: [secretKey] });
    opened = [];
  });
  afterEach(async () => {
    for (const other of opened) await other.close();
    await vault.close();
  });

  async function another(): Promise<Vault> {
    const other = await openVault(dialect, {}, { secretKeys: [secretKey], test: vault.test });
    opened.push(other);
    return other;
  }

  const create = (name: string, value: string, who = caller, on = vault) =>
    on.gateway.call(createVariable, { name, value }, { caller: who });
  const keep = (id: string, value: string) =>
    vault.runner.call(
      keepFlowSecrets,
      { workspaceId, flowId, secrets: [{ id, nodeId: 'n', field: 'f', value }] },
      systemContext,
    );
  const read = (names: string[], secretIds: string[] = [], on = vault) =>
    on.runner.call(resolve, { workspaceId, flowId, variables: names, secretIds }, systemContext);
  const rotate = (request: { workspaceId?: string } = {}, on = vault) =>
    on.gateway.call(rotateDataKeys, request, { caller });
  const finish = (on = vault) =>
    until(async () => {
      const { rotation } = await on.gateway.call(rotationStatus, {}, { caller });
      return rotation?.state === 'running' ? undefined : rotation;
    });
  const variables = async () => {
    const rows = await vault.rowsOf<{ id: string; name: string; workspace_id: string; data_key_id: string }>(
      'variable',
    );
    return rows.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  };
  const keyIds = async (table: string) =>
    new Set((await vault.rowsOf<{ data_key_id: string }>(table)).map((row) => row.data_key_id));

  it('encrypts everything anew and loses nothing', async () => {
    const big = randomBytes(700_000).toString('base64');
    const values = new Map(Array.from({ length: 300 }, (_, index) => [`V${index}`, `value ${index} ü`]));
    values.set('BIG', big);
    for (const [name, value] of values) await create(name, value);
    const secrets = Array.from({ length: 30 }, () => randomUUID());
    for (const id of secrets) await keep(id, JSON.stringify(id));
    await vault.identity.call(keepSystemSecret, { name: 'n', value: 'system' }, systemContext);
    const tables = ['variable', 'flow_secret', 'system_secret'];
    const before = await Promise.all(tables.map((table) => vault.rows(table)));
    const oldKeys = new Set((await vault.rowsOf<{ id: string }>('data_key')).map(({ id }) => id));

    const started = await rotate();
    expect(started).toMatchObject({ kind: 'data-keys', total: 332 });
    await expect(rotate()).rejects.toMatchObject({ code: 'rotation_running' });
    expect(await finish()).toMatchObject({ state: 'finished', done: 332, unreadable: 0 });

    for (const table of tables) for (const id of await keyIds(table)) expect(oldKeys).not.toContain(id);
    const after = await Promise.all(tables.map((table) => vault.rows(table)));
    const changing = ['ciphertext', 'data_key_id', 'fingerprint'];
    const kept = (row: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(row).filter(([column]) => !changing.includes(column)));
    expect(after.map((rows) => rows.map(kept))).toEqual(before.map((rows) => rows.map(kept)));
    for (const on of [vault, await another()]) {
      const found = await read([...values.keys()], secrets, on);
      expect(found.unreadable).toEqual([]);
      expect(new Map(found.variables.map(({ name, value }) => [name, value]))).toEqual(values);
      expect(found.secrets.every(({ id, value }) => value === JSON.stringify(id))).toBe(true);
      expect(found.secrets).toHaveLength(30);
      expect(await on.identity.call(readSystemSecret, { name: 'n' }, systemContext)).toEqual({ value: 'system' });
    }
  });

  it('leaves old keys for a moment, then deletes them', async () => {
    await create('A', 'value');
    await rotate();
    await finish();
    expect(await vault.rowsOf('data_key')).toHaveLength(4);
    await vault.clock.advance(59_000);
    expect(await vault.rowsOf('data_key')).toHaveLength(4);
    await vault.clock.advance(61_000);
    await until(async () => ((await vault.rowsOf('data_key')).length === 2 ? true : undefined));
    expect(await vault.rowsOf('data_key_wrap')).toHaveLength(2);
    expect((await read(['A'])).variables).toHaveLength(1);
  });

  it('of one workspace leaves the others alone', async () => {
    const other = callerOf();
    await create('A', 'mine');
    await create('A', 'other', other);
    const [before] = (await variables()).filter((row) => row.workspace_id === other.workspaceId);
    await expect(rotate({ workspaceId: randomUUID() })).rejects.toMatchObject({ code: 'workspace_not_found' });
    await rotate({ workspaceId });
    expect(await finish()).toMatchObject({ state: 'finished', workspaceId, total: 1, done: 1 });
    const after = await variables();
    expect(after.filter((row) => row.workspace_id === other.workspaceId)).toEqual([before]);
    expect((await read(['A'])).variables[0]?.value).toBe('mine');
  });

  it('has what is written meanwhile under the new key, also by an instance that knows the old one only', async () => {
    const slow = await another();
    await create('A', 'value', caller, slow);
    const { id } = await create('B', 'value', caller, slow);
    await vault.dataKeys.renew(workspaceId, randomUUID());
    await create('C', 'written', caller, slow);
    await slow.gateway.call(updateVariable, { variableId: id, value: 'changed' }, { caller });
    const rows = await variables();
    const keyOf = (name: string) => rows.find((row) => row.name === name)?.data_key_id;
    expect(keyOf('B')).toBe(keyOf('C'));
    expect(keyOf('B')).not.toBe(keyOf('A'));
    expect((await read(['A', 'B', 'C'])).variables.map(({ value }) => value).toSorted()).toEqual([
      'changed',
      'value',
      'written',
    ]);
  });

  it('never overwrites what a person changes at the same time', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `V${index}`);
    const made = [];
    for (const name of names) made.push(await create(name, 'before'));
    await rotate();
    await Promise.all(
      made.map(({ id }) => vault.gateway.call(updateVariable, { variableId: id, value: 'after' }, { caller })),
    );
    expect(await finish()).toMatchObject({ state: 'finished', unreadable: 0 });
    const found = await read(names);
    expect(new Set(found.variables.map(({ value }) => value))).toEqual(new Set(['after']));
    expect(found.variables).toHaveLength(120);
  });

  it('leaves what does not open as it is, with its key, and says how many', async () => {
    await create('A', 'value');
    const { id } = await create('B', 'lost');
    await vault.change('update variable set ciphertext = substr(ciphertext, 1, 30) where id = $1', [id]);
    const before = (await variables()).find((row) => row.id === id);
    await rotate();
    expect(await finish()).toMatchObject({ state: 'finished', total: 2, done: 1, unreadable: 1 });
    expect((await variables()).find((row) => row.id === id)).toEqual(before);
    await vault.clock.advance(200_000);
    await until(async () => ((await vault.rowsOf('data_key')).length < 4 ? true : undefined));
    expect(await vault.rowsOf('data_key')).toHaveLength(3);
    expect(await read(['A', 'B'])).toMatchObject({ variables: [{ name: 'A', value: 'value' }], unreadable: ['B'] });
  });

  it('goes on after a restart, whoever began it', async () => {
    for (let index = 0; index < 60; index++) await create(`V${index}`, `${index}`);
    await vault.begin('data-keys');
    const other = await another();
    expect(await finish(other)).toMatchObject({ state: 'finished', done: 60 });
    const list = await other.gateway.call(listVariables, {}, { caller });
    expect(list.variables).toHaveLength(60);
  });

  it('is finished rightly by an instance that still knows the keys from before it', async () => {
    const other = await another();
    await create('A', 'value');
    await read(['A'], [], other);
    const before = await keyIds('variable');
    const { id } = await vault.begin('data-keys');
    for (const scope of [null, workspaceId]) await vault.dataKeys.renew(scope, id);
    await other.clock.advance(60_000);
    expect(await finish(other)).toMatchObject({ id, state: 'finished', done: 1 });
    expect([...(await keyIds('variable'))].filter((key) => before.has(key))).toEqual([]);
    expect((await read(['A'])).variables[0]?.value).toBe('value');
  });

  it('says equal values alike before and after', async () => {
    await create('A', 'same');
    await create('B', 'same');
    await create('C', 'different');
    await rotate();
    await finish();
    const prints = (await vault.gateway.call(listVariables, {}, { caller })).variables.map((each) => each.fingerprint);
    expect(prints[0]).toBe(prints[1]);
    expect(prints[2]).not.toBe(prints[0]);
  });
});
