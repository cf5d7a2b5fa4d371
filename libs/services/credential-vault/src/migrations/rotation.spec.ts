import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { deriveKey, generateDataKey, seal } from '@flowkeep/crypto';
import { migrateDatabase, openDatabase, query, UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, TestClock, testDatabaseOptions } from '@flowkeep/testing';
import { DataKeys } from '../data-keys/data-keys.ts';
import { credentialVaultDatabase } from '../database.ts';

await describeOnDialects('a vault from before secret keys had ids', (dialect) => {
  it('opens with its secret key, also as a previous one, and with no other', async () => {
    const clock = new TestClock();
    const ids = new UuidV7(clock);
    const { options, remove } = testDatabaseOptions(credentialVaultDatabase, dialect, clock);
    const before = { ...credentialVaultDatabase, migrations: credentialVaultDatabase.migrations.slice(0, 2) };
    await migrateDatabase(before, options);
    const secretKey = { value: randomBytes(32).toString('base64url'), source: 'FLOWKEEP_SECRET_KEY' };
    const other = { value: randomBytes(32).toString('base64url'), source: 'FLOWKEEP_SECRET_KEY' };
    const wrapKey = await deriveKey(secretKey.value, 'vault data-key wrap v1');
    const canaryKey = await deriveKey(secretKey.value, 'vault canary v1');
    const [systemId, workspaceKeyId, workspaceId] = [ids.next(), ids.next(), randomUUID()];
    const [systemKey, workspaceKey] = [generateDataKey(), generateDataKey()];
    const old = await openDatabase(before, options);
    await old.transaction(async (em) => {
      const canary = seal(canaryKey, Buffer.from('flowkeep canary'), ['canary']);
      await query(em, 'insert into canary (id, sealed, created_at) values (1, $1, 5)', [canary]);
      const insert = 'insert into data_key (id, workspace_id, version, wrapped, created_at) values ($1, $2, 1, $3, 5)';
      await query(em, insert, [systemId, null, seal(wrapKey, systemKey, ['data-key', systemId, 1])]);
      const place = ['data-key', workspaceKeyId, 1, workspaceId];
      await query(em, insert, [workspaceKeyId, workspaceId, seal(wrapKey, workspaceKey, place)]);
    });
    await old.close();
    await migrateDatabase(credentialVaultDatabase, options);
    const database = await openDatabase(credentialVaultDatabase, options);
    await expect(DataKeys.unlock({ database, secretKey: other, ids, clock })).rejects.toThrow('does not open the data');
    const unlocks = [{ secretKey: other, previousSecretKeys: [secretKey] }, { secretKey }];
    for (const keys of unlocks) {
      const dataKeys = await DataKeys.unlock({ database, ids, clock, ...keys });
      expect((await dataKeys.currentKey(null)).key).toEqual(systemKey);
      expect((await dataKeys.currentKey(workspaceId)).key).toEqual(workspaceKey);
    }
    await database.close();
    await remove();
  });
});
