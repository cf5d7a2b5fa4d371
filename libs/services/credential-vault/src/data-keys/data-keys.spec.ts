import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { query, UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, TestClock, type TestDatabase } from '@flowkeep/testing';
import { credentialVaultDatabase } from '../database.ts';
import { DataKeyEntity } from './data-key.entity.ts';
import { DataKeys } from './data-keys.ts';

await describeOnDialects('the data keys of workspaces', (dialect) => {
  const clock = new TestClock();
  const ids = new UuidV7(clock);
  const secretKey = { value: randomBytes(32).toString('base64url'), source: 'FLOWKEEP_SECRET_KEY' };
  const [one, other] = [randomUUID(), randomUUID()];
  let test: TestDatabase;

  beforeEach(async () => {
    test = await openTestDatabase(credentialVaultDatabase, dialect, clock);
  });
  afterEach(() => test.close());

  const unlock = () => DataKeys.unlock({ database: test.database, secretKey, ids, clock });
  const rows = () => test.database.read((em) => em.find(DataKeyEntity, { workspaceId: { $ne: null } }));
  const change = (sql: string, parameters: string[] = []) =>
    test.database.transaction((em) => query(em, sql, parameters));

  it('are made on first use, one for each, and are the same after a restart', async () => {
    const keys = await unlock();
    expect(await rows()).toEqual([]);
    const first = await keys.currentKey(one);
    expect(await keys.currentKey(one)).toEqual(first);
    expect((await keys.currentKey(other)).key).not.toEqual(first.key);
    expect(await (await unlock()).currentKey(one)).toEqual(first);
    expect(await rows()).toHaveLength(2);
  });

  it('are one, however many need the first at once', async () => {
    const instances = [await unlock(), await unlock()];
    const made = await Promise.all([...instances, ...instances, ...instances].map((keys) => keys.currentKey(one)));
    expect(new Set(made.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  it('stay unwrapped while they are in use', async () => {
    const keys = await unlock();
    const { id, key } = await keys.currentKey(one);
    await change('delete from data_key where id = $1', [id]);
    expect((await keys.currentKey(one)).key).toEqual(key);
    expect((await keys.keysOf(one, new Set([id]))).get(id)?.key).toEqual(key);
  });

  it('that another instance made are found', async () => {
    const [keys, elsewhere] = [await unlock(), await unlock()];
    expect((await keys.keysOf(one, new Set([randomUUID()]))).size).toBe(0);
    const { id } = await elsewhere.currentKey(one);
    expect((await keys.keysOf(one, new Set([id]))).has(id)).toBe(true);
  });

  it('open for their workspace alone', async () => {
    const { id } = await (await unlock()).currentKey(one);
    await change('update data_key set workspace_id = $1 where id = $2', [other, id]);
    const keys = await unlock();
    expect((await keys.keysOf(other, new Set([id]))).size).toBe(0);
    await expect(keys.currentKey(other)).rejects.toThrow(`no data key of workspace ${other} can be opened`);
  });

  it('that were changed are not replaced', async () => {
    const { id } = await (await unlock()).currentKey(one);
    await change('update data_key_wrap set wrapped = substr(wrapped, 1, 40) where data_key_id = $1', [id]);
    const before = await rows();
    await expect((await unlock()).currentKey(one)).rejects.toThrow('can be opened');
    expect(await rows()).toEqual(before);
  });
});
