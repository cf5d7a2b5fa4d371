import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BootstrapKey, type SettingsError } from '@flowkeep/config';
import { DomainError, keyHolder } from '@flowkeep/contracts';
import { generateKey, hashKey } from '@flowkeep/crypto';
import { AuditOutbox, UuidV7 } from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import { describeOnDialects, StubBus } from '@flowkeep/testing';
import { type KeyManagementStand, keyManagementStand, person } from '../key-management.spec-stand.ts';
import { ApiKeyEntity } from './api-key.entity.ts';
import { BootstrapKeys, checkBootstrapKeys } from './bootstrap-keys.ts';
import { KeyChanges } from './key-changes.ts';

const wanted = (changes: Partial<BootstrapKey> = {}): BootstrapKey => ({
  ...{ name: 'CI', key: generateKey(), hash: null, permissions: ['runs:create'], username: null, ...changes },
});

describe('keys in the settings', () => {
  it('are refused by their number when nobody could use them', () => {
    const good = wanted();
    checkBootstrapKeys([good, wanted({ key: 'a-key-that-came-from-elsewhere-01234' })]);
    const wrong = (good.key as string).slice(0, -1) + '!';
    const keys = [good, wanted({ key: wrong }), wanted({ permissions: ['*', 'no:such'] }), { ...good }];
    try {
      checkBootstrapKeys(keys);
      throw new Error('they were taken');
    } catch (error) {
      expect((error as SettingsError).problems).toEqual([
        'FLOWKEEP_BOOTSTRAP_KEYS entry 1 has a key whose checksum is wrong.',
        'FLOWKEEP_BOOTSTRAP_KEYS entry 2 has a permission that does not exist, number 1.',
        'FLOWKEEP_BOOTSTRAP_KEYS entry 3 has a key that another entry has too.',
      ]);
    }
  });
});

await describeOnDialects('keys in the settings', (dialect) => {
  let stand: KeyManagementStand;
  let identity: StubBus;
  const ada = { userId: randomUUID(), workspaceId: randomUUID() };

  beforeEach(async () => {
    stand = await keyManagementStand(dialect);
    identity = new StubBus('keys');
    identity.answer(keyHolder, ({ username }) => {
      if (username !== null && username !== 'ada') throw new DomainError('user_not_found');
      return ada;
    });
  });
  afterEach(() => stand.stop());

  function bootstrap(keys: readonly BootstrapKey[]): BootstrapKeys {
    const { database, clock } = stand;
    const ids = new UuidV7(clock);
    const changes = new KeyChanges(database, identity, new AuditOutbox(), ids, clock);
    return new BootstrapKeys(keys, { database, bus: identity, clock, logger: new SilentLogger(), ids, changes });
  }
  async function start(keys: readonly BootstrapKey[]): Promise<void> {
    const started = bootstrap(keys);
    await started.start();
    await started.stop();
  }
  const rows = async () => {
    const keys = await stand.database.read((em) => em.findAll(ApiKeyEntity, { orderBy: { name: 'asc' } }));
    return keys.map(({ name, prefix, hash, workspaceId, ownerId }) => ({ name, prefix, hash, workspaceId, ownerId }));
  };

  it('are made once', async () => {
    const key = generateKey();
    const keys = [wanted({ name: 'a', key }), wanted({ name: 'b', key: null, hash: hashKey('x'), username: 'ada' })];
    await start(keys);
    await start(keys);
    expect(await rows()).toMatchObject([
      { name: 'a', prefix: key.slice(0, 8), hash: hashKey(key), workspaceId: ada.workspaceId, ownerId: ada.userId },
      { name: 'b', prefix: '', hash: hashKey('x') },
    ]);
    expect(await stand.factsOf(key)).toMatchObject({ permissions: ['runs:create'], enabled: true });
    const events = await stand.recorded();
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ action: 'key.created', actorId: null, details: { bootstrapped: true } });
    expect(JSON.stringify(events)).not.toContain(key.slice(8));
  });

  it('are made once by several instances', async () => {
    const keys = [wanted()];
    await Promise.all([start(keys), start(keys), start(keys)]);
    expect(await rows()).toHaveLength(1);
  });

  it('are made later when their holder is not there yet', async () => {
    let answers = false;
    identity.answer(keyHolder, () => {
      if (!answers) throw new DomainError('unavailable');
      return ada;
    });
    const started = bootstrap([wanted()]);
    await started.start();
    expect(await rows()).toEqual([]);
    answers = true;
    await stand.clock.advance(2_000);
    await started.stop();
    expect(await rows()).toHaveLength(1);
  });
});

await describeOnDialects("where the operator's key is the only one", (dialect) => {
  it('nobody makes another', async () => {
    const stand = await keyManagementStand(dialect, null, false);
    const refusal = { code: 'keys_from_environment' };
    await expect(stand.create(person())).rejects.toMatchObject(refusal);
    await stand.stop();
  });
});
