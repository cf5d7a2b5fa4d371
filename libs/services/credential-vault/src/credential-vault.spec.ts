import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, connectInProcess, createBroker, serve, systemContext } from '@flowkeep/bus';
import { keepSystemSecret, readSystemSecret, replaceSystemSecret, vaultHealth } from '@flowkeep/contracts';
import { hashKey } from '@flowkeep/crypto';
import { AuditOutbox, openDatabase, OutboxEntity, query, UuidV7 } from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import { describeOnDialects, describeSchema, openTestDatabase, TestClock, type TestDatabase } from '@flowkeep/testing';
import { serialize } from '@mikro-orm/core';
import { CredentialVaultModule } from './credential-vault.module.ts';
import { DataKeyEntity, DataKeyWrapEntity } from './data-keys/data-key.entity.ts';
import { DataKeys } from './data-keys/data-keys.ts';
import { SecretKeyEntity } from './data-keys/secret-key.entity.ts';
import { credentialVaultDatabase } from './database.ts';
import { SystemSecretEntity } from './system-secrets/system-secret.entity.ts';
import { VaultOptions } from './vault-options.ts';
import { noReferences } from './vault.spec-stand.ts';

await describeSchema(credentialVaultDatabase);

await describeOnDialects('the credential vault', (dialect) => {
  const clock = new TestClock();
  const ids = new UuidV7(clock);
  const logger = new SilentLogger();
  let test: TestDatabase;
  let secretKey: { value: string; source: string };
  let stops: (() => Promise<void>)[];

  beforeEach(async () => {
    test = await openTestDatabase(credentialVaultDatabase, dialect, clock);
    secretKey = { value: randomBytes(32).toString('base64url'), source: 'FLOWKEEP_SECRET_KEY' };
    stops = [];
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    await test.close();
  });

  const unlock = (value = secretKey.value, database = test.database) =>
    DataKeys.unlock({ database, secretKey: { ...secretKey, value }, ids, clock });

  /** A running vault, and the ends of those that talk to it. */
  async function start(): Promise<{ identity: Bus; keys: Bus; gateway: Bus }> {
    const broker = createBroker({ prefix: 'test' });
    const dataKeys = await unlock();
    const outbox = new AuditOutbox();
    const connect = (service: 'vault' | 'identity' | 'keys' | 'gateway') =>
      connectInProcess(broker, { service, clock, logger });
    const [own, identity, keys, gateway] = [connect('vault'), connect('identity'), connect('keys'), connect('gateway')];
    const options = new VaultOptions({
      environment: new Map(),
      importing: true,
      fallback: false,
      references: noReferences,
    });
    const parts = { database: test.database, clock, ids, outbox, dataKeys, bus: own, logger, options };
    const module = CredentialVaultModule.forRoot(parts);
    const app = await serve(module, own);
    stops.push(async () => {
      await app.close();
      for (const bus of [own, identity, keys, gateway]) await bus.drain();
    });
    return { identity, keys, gateway };
  }

  it('gives a service back what it kept, and nothing to another service', async () => {
    const { identity, keys, gateway } = await start();
    const name = 'access-token-key';
    expect(await identity.call(readSystemSecret, { name }, systemContext)).toEqual({ value: null });
    const kept = await identity.call(keepSystemSecret, { name, value: 'sécret' }, systemContext);
    expect(kept).toEqual({ value: 'sécret', created: true });
    expect(await identity.call(readSystemSecret, { name }, systemContext)).toEqual({ value: 'sécret' });
    expect(await keys.call(readSystemSecret, { name }, systemContext)).toEqual({ value: null });
    await expect(gateway.call(readSystemSecret, { name }, systemContext)).rejects.toMatchObject({
      code: 'caller_forbidden',
    });
    expect(await gateway.call(vaultHealth, {}, systemContext)).toEqual({ database: 'ok' });
  });

  it('keeps the first of many values, and tells all the same', async () => {
    const { identity } = await start();
    const values = Array.from({ length: 10 }, (_, number) => `value ${number}`);
    const replies = await Promise.all(
      values.map((value) => identity.call(keepSystemSecret, { name: 'n', value }, systemContext)),
    );
    expect(replies.filter((reply) => reply.created)).toHaveLength(1);
    expect(new Set(replies.map((reply) => reply.value)).size).toBe(1);
    const events = await test.database.read((em) => em.findAll(OutboxEntity));
    expect(events.map(({ event }) => [event.action, event.details])).toEqual([
      ['system-secret.created', { service: 'identity', name: 'n' }],
    ]);
  });

  it('replaces a value for whoever knows the one before, once', async () => {
    const { identity, keys } = await start();
    const replace = (previous: string, value: string) =>
      identity.call(replaceSystemSecret, { name: 'n', previous: hashKey(previous), value }, systemContext);
    expect(await replace('v', 'x')).toEqual({ value: null, replaced: false });
    await identity.call(keepSystemSecret, { name: 'n', value: 'v' }, systemContext);
    await keys.call(keepSystemSecret, { name: 'n', value: 'v' }, systemContext);
    expect(await replace('another', 'x')).toEqual({ value: 'v', replaced: false });
    const replies = await Promise.all(['a', 'b', 'c'].map((value) => replace('v', value)));
    expect(replies.filter(({ replaced }) => replaced)).toHaveLength(1);
    const [first] = replies.filter(({ replaced }) => replaced);
    expect(new Set(replies.map(({ value }) => value))).toEqual(new Set([first?.value]));
    expect(await identity.call(readSystemSecret, { name: 'n' }, systemContext)).toEqual({ value: first?.value });
    expect(await keys.call(readSystemSecret, { name: 'n' }, systemContext)).toEqual({ value: 'v' });
    const events = await test.database.read((em) => em.findAll(OutboxEntity, { orderBy: { id: 'asc' } }));
    expect(events.map(({ event }) => [event.action, event.details['service']])).toEqual([
      ['system-secret.created', 'identity'],
      ['system-secret.created', 'keys'],
      ['system-secret.replaced', 'identity'],
    ]);
  });

  it('still opens everything after a restart with the same secret key', async () => {
    const first = await start();
    await first.identity.call(keepSystemSecret, { name: 'n', value: 'v' }, systemContext);
    const second = await start();
    expect(await second.identity.call(readSystemSecret, { name: 'n' }, systemContext)).toEqual({ value: 'v' });
  });

  it('does not open a ciphertext that was moved to the row of another service', async () => {
    const { identity, keys } = await start();
    await identity.call(keepSystemSecret, { name: 'n', value: 'v' }, systemContext);
    await test.database.transaction((em) => query(em, "update system_secret set service = 'keys'"));
    await expect(keys.call(readSystemSecret, { name: 'n' }, systemContext)).rejects.toMatchObject({ code: 'internal' });
  });

  it('refuses a secret key that is not the one of the data, and changes nothing', async () => {
    await unlock();
    const before = await test.database.read((em) => em.findAll(DataKeyWrapEntity));
    const other = randomBytes(32).toString('base64url');
    const refusal = await unlock(other).catch((error: unknown) => (error as Error).message);
    expect(refusal).toMatch(/^FLOWKEEP_SECRET_KEY does not open the data in .*FLOWKEEP_SECRET_KEY_FILE.*\.$/);
    expect(refusal).not.toContain(other);
    expect(await test.database.read((em) => em.findAll(DataKeyWrapEntity))).toEqual(before);
    await unlock();
  });

  it('refuses a weak secret key before it touches the data', async () => {
    await expect(unlock('short')).rejects.toThrow('FLOWKEEP_SECRET_KEY must have at least 32 characters.');
    expect(await test.database.read((em) => em.count(SecretKeyEntity))).toBe(0);
  });

  it('makes one canary and one key, however many start at once', async () => {
    const others = await Promise.all([1, 2].map(() => openDatabase(credentialVaultDatabase, test.options)));
    const unlocked = await Promise.all([test.database, ...others].map((database) => unlock(undefined, database)));
    const systemKeys = await Promise.all(unlocked.map((keys) => keys.currentKey(null)));
    for (const other of others) await other.close();
    expect(new Set(systemKeys.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(await test.database.read((em) => em.count(DataKeyEntity))).toBe(1);
  });

  it('of two different secret keys that come first at once accepts one', async () => {
    const results = await Promise.allSettled([unlock(), unlock(randomBytes(32).toString('hex'))]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('writes no secret in the clear, and never into an entity that is serialised', async () => {
    const { identity } = await start();
    await identity.call(keepSystemSecret, { name: 'n', value: 'canary-3c1f' }, systemContext);
    const rows = await test.database.read(async (em) => [
      ...(await em.findAll(SecretKeyEntity)),
      ...(await em.findAll(DataKeyWrapEntity)),
      ...(await em.findAll(SystemSecretEntity)),
    ]);
    const stored = JSON.stringify(rows.map((row) => ({ ...row })));
    expect(stored).not.toContain('canary-3c1f');
    const serialised = rows.map((row) => [JSON.stringify(row), JSON.stringify(serialize(row))]).flat();
    for (const text of serialised) expect(text).not.toMatch(/sealed|wrapped|ciphertext/);
    expect(serialised).toHaveLength(6);
  });
});
