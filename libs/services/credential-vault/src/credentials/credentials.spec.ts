import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Caller,
  createCredential,
  deleteCredential,
  getCredential,
  listCredentials,
  type Permission,
  type RequestInput,
  rolePermissions,
  toRights,
  updateCredential,
} from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { callerOf, openVault, until, type Vault } from '../vault.spec-stand.ts';

const canary = 'sk-canary-51d3';

await describeOnDialects('credentials', (dialect) => {
  let vault: Vault;
  beforeEach(async () => {
    vault = await openVault(dialect);
  });
  afterEach(() => vault.close());

  const person = (granted: readonly Permission[] = rolePermissions.editor) =>
    callerOf({ rights: [...toRights(granted)] });
  const create = (caller: Caller, request: Partial<RequestInput<typeof createCredential>> = {}) =>
    vault.gateway.call(
      createCredential,
      { name: 'OpenAI', type: 'openAIApi', fields: { openAIApiKey: canary }, ...request },
      { caller },
    );
  const get = (caller: Caller, credentialId: string) => vault.gateway.call(getCredential, { credentialId }, { caller });
  const update = (caller: Caller, request: RequestInput<typeof updateCredential>) =>
    vault.gateway.call(updateCredential, request, { caller });
  const list = async (caller: Caller, types: string[] = []) =>
    (await vault.gateway.call(listCredentials, { types }, { caller })).credentials.map(({ name }) => name);

  it('keep their fields to themselves: passwords wholly, addresses their password', async () => {
    const ada = person();
    const fields = {
      redisUrl: `redis://ada:${canary}@host:6379/0`,
      openAIApiKey: canary,
      unknown: canary,
      basicAuthUsername: canary,
    };
    const url = await create(ada, { type: 'redisCacheUrlApi', fields });
    expect(JSON.stringify(url)).not.toContain(canary);
    expect((await get(ada, url.id)).fields).toEqual({
      redisUrl: 'redis://ada:••••••@host:6379/0',
      openAIApiKey: null,
      unknown: null,
      basicAuthUsername: null,
    });
    const basic = await create(ada, {
      type: 'httpBasicAuth',
      fields: { basicAuthUsername: 'ada', basicAuthPassword: canary },
    });
    expect((await get(ada, basic.id)).fields).toEqual({ basicAuthUsername: 'ada', basicAuthPassword: null });
    expect(JSON.stringify(await vault.rows('credential'))).not.toContain(canary);
    expect(JSON.stringify(await vault.events())).not.toContain(canary);
  });

  it.each([
    ['postgres://u:p@a,b:5432/db?sslmode=require', 'postgres://u:••••••@a,b:5432/db?sslmode=require'],
    ['mongodb+srv://u:p:p@a/db', 'mongodb+srv://u:••••••@a/db'],
    ['https://host/path?token=abc&a=b', 'https://host/path?token=••••••&a=b'],
    ['https://token@host/', 'https://••••••@host/'],
    ['https://host/', 'https://host/'],
    ['host=a password=b', null],
    ['', null],
  ])('show of the address %j what is no secret', async (value, shown) => {
    const ada = person();
    const { id } = await create(ada, { type: 'PostgresUrl', fields: { postgresUrl: value } });
    expect((await get(ada, id)).fields).toEqual({ postgresUrl: shown });
  });

  it('are changed field by field; what comes back as it was shown stays', async () => {
    const ada = person();
    const redisUrl = `redis://ada:${canary}@host/0`;
    const { id, fingerprint } = await create(ada, { type: 'redisCacheUrlApi', fields: { redisUrl, note: 'x' } });
    const shown = (await get(ada, id)).fields['redisUrl'] as string;
    const renamed = await update(ada, { credentialId: id, name: 'Cache', fields: { redisUrl: shown } });
    expect(renamed).toMatchObject({ name: 'Cache', fingerprint });
    const lessened = await update(ada, { credentialId: id, fields: { note: null } });
    expect(lessened.fingerprint).not.toBe(fingerprint);
    expect((await get(ada, id)).fields).toEqual({ redisUrl: shown });
    const moved = await update(ada, { credentialId: id, fields: { redisUrl: 'redis://other/1' } });
    expect((await get(ada, id)).fields).toEqual({ redisUrl: 'redis://other/1' });
    expect(moved.fingerprint).not.toBe(lessened.fingerprint);
  });

  it('of another kind keep no field of the old one', async () => {
    const ada = person();
    const { id } = await create(ada);
    await update(ada, { credentialId: id, type: 'anthropicApi', fields: { anthropicApiKey: canary } });
    expect((await get(ada, id)).fields).toEqual({ anthropicApiKey: null });
  });

  it('lose no change when two meet', async () => {
    const ada = person();
    const { id } = await create(ada, { type: 'httpBasicAuth', fields: {} });
    const outcomes = await Promise.allSettled([
      update(ada, { credentialId: id, fields: { basicAuthUsername: 'ada' } }),
      update(ada, { credentialId: id, fields: { basicAuthPassword: 'x' } }),
    ]);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toEqual(
      refused.map(() => expect.objectContaining({ reason: expect.objectContaining({ code: 'conflict' }) as unknown })),
    );
    expect(Object.keys((await get(ada, id)).fields)).toHaveLength(2 - refused.length);
  });

  it('belong to their workspace, whose roles decide', async () => {
    const ada = person();
    const { id } = await create(ada);
    await create(ada, { name: 'Basic', type: 'httpBasicAuth' });
    expect(await list(ada)).toEqual(['Basic', 'OpenAI']);
    expect(await list(ada, ['openAIApi', 'groqApi'])).toEqual(['OpenAI']);
    const stranger = person();
    expect(await list(stranger)).toEqual([]);
    for (const credentialId of [id, randomUUID()]) {
      for (const ask of [
        () => get(stranger, credentialId),
        () => update(stranger, { credentialId, name: 'x' }),
        () => vault.gateway.call(deleteCredential, { credentialId }, { caller: stranger }),
      ]) {
        await expect(ask()).rejects.toMatchObject({ code: 'credential_not_found' });
      }
    }
    const viewer = { ...ada, rights: [...toRights(rolePermissions.viewer)] };
    expect(await list(viewer)).toHaveLength(2);
    await expect(get(viewer, id)).rejects.toMatchObject({ code: 'insufficient_permission' });
    await expect(create(viewer)).rejects.toMatchObject({ code: 'insufficient_permission' });
    await vault.gateway.call(deleteCredential, { credentialId: id }, { caller: ada });
    expect(await list(ada)).toEqual(['Basic']);
  });

  it('leave their names in the audit log, and the names of the fields that changed', async () => {
    const ada = person();
    const { id } = await create(ada);
    await update(ada, { credentialId: id, fields: { openAIApiKey: 'other' } });
    await vault.gateway.call(deleteCredential, { credentialId: id }, { caller: ada });
    const events = (await vault.events()).filter(({ action }) => action.startsWith('credential.'));
    expect(events.map(({ action, details }) => [action, details])).toEqual([
      ['credential.created', { name: 'OpenAI', type: 'openAIApi' }],
      ['credential.updated', { name: 'OpenAI', type: 'openAIApi', changedFields: 'openAIApiKey' }],
      ['credential.deleted', { name: 'OpenAI', type: 'openAIApi' }],
    ]);
  });

  it.each([
    [{ name: ' ' }],
    [{ name: 'x'.repeat(256) }],
    [{ type: 'no kind' }],
    [{ fields: { 'no field': 'x' } }],
    [{ fields: { a: 'x'.repeat(65_537) } }],
    [{ fields: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`f${index}`, 'x'])) }],
  ])('are not made from what is not valid (%#)', async (request) => {
    await expect(create(person(), request)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  describe('that were tampered with', () => {
    it('are named as such, and no other is affected', async () => {
      const ada = person();
      const { id } = await create(ada);
      const other = await create(ada, { name: 'Other' });
      await vault.change(`update credential set ciphertext = ciphertext || 'A' where id = $1`, [id]);
      await expect(get(ada, id)).rejects.toMatchObject({ code: 'credential_unreadable' });
      await expect(update(ada, { credentialId: id, name: 'x' })).rejects.toMatchObject({
        code: 'credential_unreadable',
      });
      expect((await get(ada, other.id)).fields).toEqual({ openAIApiKey: null });
      const listed = await vault.gateway.call(listCredentials, {}, { caller: ada });
      expect(listed.credentials.map(({ name, fingerprint }) => [name, fingerprint === null])).toEqual([
        ['Other', false],
        ['OpenAI', true],
      ]);
      const events = await until(async () => {
        const found = await vault.events('credential.unreadable');
        return found.length > 0 ? found : null;
      });
      expect(events).toMatchObject([{ subjectId: id, details: { name: 'OpenAI' } }]);
    });

    it('do not open in the row of another', async () => {
      const ada = person();
      const [mine, other] = [await create(ada), await create(ada, { fields: { openAIApiKey: 'other' } })];
      const from = 'select ciphertext from credential where id = $2';
      await vault.change(`update credential set ciphertext = (${from}) where id = $1`, [mine.id, other.id]);
      await expect(get(ada, mine.id)).rejects.toMatchObject({ code: 'credential_unreadable' });
    });
  });
});
