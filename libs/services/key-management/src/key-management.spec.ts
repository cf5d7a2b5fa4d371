import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bus, connectInProcess, createBroker, serve, systemContext } from '@flowkeep/bus';
import {
  type Caller,
  createKey,
  deleteKey,
  dropOwner,
  keysChanged,
  keysHealth,
  listKeys,
  type Permission,
  reportUsage,
  type RequestInput,
  rolePermissions,
  toRights,
  verifyKey,
} from '@flowkeep/contracts';
import { hashKey, isKeyForm } from '@flowkeep/crypto';
import { AuditOutbox, OutboxEntity } from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import {
  describeOnDialects,
  describeSchema,
  openTestDatabase,
  settle,
  TestClock,
  type TestDatabase,
} from '@flowkeep/testing';
import { serialize } from '@mikro-orm/core';
import { keyManagementDatabase } from './database.ts';
import { KeyRules } from './keys/key-rules.ts';
import { KeyManagementModule } from './key-management.module.ts';
import { ApiKeyEntity } from './keys/api-key.entity.ts';
import { KeyUsageEntity } from './usage/key-usage.entity.ts';
import { UsageReportEntity } from './usage/usage-report.entity.ts';

await describeSchema(keyManagementDatabase);

await describeOnDialects('key management', (dialect) => {
  const logger = new SilentLogger();
  let clock: TestClock;
  let test: TestDatabase;
  let gateway: Bus;
  let identity: Bus;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(keyManagementDatabase, dialect, clock);
    const broker = createBroker({ prefix: 'test' });
    const own = connectInProcess(broker, { service: 'keys', clock, logger });
    gateway = connectInProcess(broker, { service: 'gateway', clock, logger });
    identity = connectInProcess(broker, { service: 'identity', clock, logger });
    const outbox = new AuditOutbox();
    const app = await serve(
      KeyManagementModule.forRoot({
        bus: own,
        database: test.database,
        clock,
        outbox,
        rules: new KeyRules(null),
      }),
      own,
    );
    stop = async () => {
      await app.close();
      await own.drain();
      await gateway.drain();
      await identity.drain();
    };
  });
  afterEach(async () => {
    await stop();
    await test.close();
  });

  const person = (granted: readonly Permission[] = rolePermissions.owner): Caller => ({
    userId: randomUUID(),
    username: 'ada',
    workspaceId: randomUUID(),
    rights: [...toRights(granted)],
  });
  const create = (caller: Caller, request: Partial<RequestInput<typeof createKey>> = {}) =>
    gateway.call(createKey, { name: 'key', permissions: ['*'], ...request }, { caller });
  const list = (caller: Caller, skip = 0, take = 1000) => gateway.call(listKeys, { skip, take }, { caller });
  const factsOf = (secret: string) => gateway.call(verifyKey, { hash: hashKey(secret) }, systemContext);
  const report = (request: RequestInput<typeof reportUsage>) => gateway.call(reportUsage, request, systemContext);

  it('issues a key whose facts are found by its hash', async () => {
    const ada = person();
    const { key, secret } = await create(ada, { name: 'mine' });
    expect(isKeyForm(secret)).toBe(true);
    expect(key).toMatchObject({
      name: 'mine',
      ownerId: ada.userId,
      workspaceId: ada.workspaceId,
      prefix: secret.slice(0, 8),
      last4: secret.slice(42, 46),
      length: 53,
      permissions: ['*'],
      enabled: true,
      expiresAt: null,
      lastUsedAt: null,
      totalUses: 0,
    });
    expect(await factsOf(secret)).toEqual({
      keyId: key.id,
      ownerId: ada.userId,
      workspaceId: ada.workspaceId,
      permissions: ['*'],
      scope: { flowIds: [], projectIds: [] },
      enabled: true,
      notBefore: null,
      expiresAt: null,
      addresses: [],
      rateLimit: null,
      quota: null,
      secret: 'current',
      secretValidUntil: null,
      revision: 0,
    });
    expect(await gateway.call(keysHealth, {}, systemContext)).toEqual({ database: 'ok' });
  });

  it('does not know a key that was never issued', async () => {
    await expect(factsOf('fk_unknown')).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('answers facts of disabled and expired keys, and does not judge them', async () => {
    const { key, secret } = await create(person(), { expiresAt: clock.now() + 1 });
    await test.database.transaction((em) => em.nativeUpdate(ApiKeyEntity, { id: key.id }, { enabled: false }));
    await clock.advance(10);
    expect(await factsOf(secret)).toMatchObject({ enabled: false, expiresAt: clock.now() - 9 });
  });

  it('issues many at once, each another one', async () => {
    const ada = person();
    const made = await Promise.all(Array.from({ length: 20 }, () => create(ada)));
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(20);
    expect((await list(ada)).total).toBe(20);
  });

  it('lists the newest first, page by page', async () => {
    const ada = person();
    const ids: string[] = [];
    for (let number = 0; number < 5; number++) {
      ids.unshift((await create(ada, { name: `key ${number}` })).key.id);
      if (number % 2 === 0) await clock.advance(1);
    }
    const pages = [await list(ada, 0, 2), await list(ada, 2, 2), await list(ada, 4, 2)];
    expect(pages.flatMap(({ keys }) => keys.map(({ id }) => id))).toEqual(ids);
    expect(pages.map(({ total }) => total)).toEqual([5, 5, 5]);
  });

  it('shows and deletes nobody the keys of others, nor those of another workspace', async () => {
    const ada = person();
    const { key, secret } = await create(ada);
    const others = [person(), { ...ada, userId: randomUUID() }, { ...ada, workspaceId: randomUUID() }];
    for (const other of others) {
      expect(await list(other)).toEqual({ total: 0, keys: [], next: null });
      const foreign = gateway.call(deleteKey, { keyId: key.id }, { caller: other }).catch((error: unknown) => error);
      const missing = gateway
        .call(deleteKey, { keyId: randomUUID() }, { caller: other })
        .catch((error: unknown) => error);
      expect(await foreign).toMatchObject({ code: 'key_not_found' });
      expect(await foreign).toEqual(await missing);
    }
    expect(await factsOf(secret)).toMatchObject({ keyId: key.id });
  });

  it('deletes a key once, says so to everybody, and forgets its uses', async () => {
    const ada = person();
    const { key, secret } = await create(ada);
    const heard = new Promise((resolve) => gateway.on(keysChanged, resolve));
    const deletions = await Promise.allSettled(
      [1, 2, 3].map(() => gateway.call(deleteKey, { keyId: key.id }, { caller: ada })),
    );
    const done = deletions.filter((deletion) => deletion.status === 'fulfilled');
    expect(done.map(({ value }) => value)).toEqual([{ keyId: key.id, revision: 1 }]);
    expect(await heard).toEqual({ keys: [{ keyId: key.id, revision: 1 }] });
    await expect(factsOf(secret)).rejects.toMatchObject({ code: 'key_invalid' });
    expect(await test.database.read((em) => em.count(KeyUsageEntity))).toBe(0);
  });

  it('records what was done to a key, without the key', async () => {
    const ada = { ...person(), sessionId: randomUUID() };
    const { key, secret } = await create(ada);
    await gateway.call(deleteKey, { keyId: key.id }, { caller: ada });
    const events = await test.database.read((em) => em.findAll(OutboxEntity, { orderBy: { id: 'asc' } }));
    expect(events.map(({ event }) => [event.action, event.subjectId, event.actorId])).toEqual([
      ['key.created', key.id, ada.userId],
      ['key.deleted', key.id, ada.userId],
    ]);
    expect(JSON.stringify(events)).not.toContain(secret.slice(8));
  });

  it('refuses permissions that do not exist, naming them', async () => {
    await expect(create(person(), { permissions: ['flows:view', 'no:such'] })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: ['permissions', 1] }],
    });
    await expect(create(person(), { expiresAt: clock.now() })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('gives a key nothing its maker lacks now, under any name', async () => {
    const runner = person(rolePermissions.runner);
    for (const permissions of [['flows:delete'], ['chatflows:delete'], ['runs:create', 'users:manage']]) {
      await expect(create(runner, { permissions })).rejects.toMatchObject({ code: 'insufficient_permission' });
    }
    const { key } = await create(runner, { permissions: ['runs:create', 'predictions:create', 'runs:create'] });
    expect(key.permissions).toEqual(['runs:create', 'predictions:create']);
    expect((await create(runner, { permissions: [] })).key.permissions).toEqual([]);
    expect((await create(runner)).key.permissions).toEqual(['*']);
    await expect(create(person(rolePermissions.viewer))).rejects.toMatchObject({ code: 'insufficient_permission' });
  });

  it('lets a key make no key that can do more, reaches further or lives longer', async () => {
    const ada = person();
    const { key } = await create(ada, { permissions: ['keys:create', 'runs:create'], expiresAt: clock.now() + 1_000 });
    const flowId = randomUUID();
    await test.database.transaction((em) => em.nativeUpdate(ApiKeyEntity, { id: key.id }, { scopeFlowIds: [flowId] }));
    const byKey: Caller = { ...ada, keyId: key.id, rights: [...toRights(['keys:create', 'runs:create'])] };
    await expect(create(byKey)).rejects.toMatchObject({ code: 'insufficient_permission' });
    await expect(create(byKey, { permissions: ['flows:view'] })).rejects.toMatchObject({
      code: 'insufficient_permission',
    });
    for (const expiresAt of [null, clock.now() + 5_000]) {
      const made = await create(byKey, { permissions: ['runs:create'], expiresAt });
      expect(made.key.expiresAt).toBe(clock.now() + 1_000);
      expect((await factsOf(made.secret)).scope).toEqual({ flowIds: [flowId], projectIds: [] });
    }
    const sooner = await create(byKey, { permissions: ['runs:create'], expiresAt: clock.now() + 10 });
    expect(sooner.key.expiresAt).toBe(clock.now() + 10);
  });

  it('lets an unlimited key make another, and one that is gone none', async () => {
    const ada = person();
    const { key } = await create(ada);
    expect((await create({ ...ada, keyId: key.id })).key.permissions).toEqual(['*']);
    await gateway.call(deleteKey, { keyId: key.id }, { caller: ada });
    await expect(create({ ...ada, keyId: key.id })).rejects.toMatchObject({ code: 'key_invalid' });
  });

  it('adds each report once, whatever arrives twice or late', async () => {
    const ada = person();
    const keyId = (await create(ada)).key.id;
    const other = (await create(ada)).key.id;
    const gatewayId = randomUUID();
    const at = clock.now();
    const first = { gatewayId, sequence: 1, deltas: [{ keyId, uses: 3, lastUsedAt: at + 5 }] };
    const applied = await Promise.all([report(first), report(first), report(first)]);
    expect(applied.filter((reply) => reply.applied)).toHaveLength(1);
    const deltas = [
      { keyId, uses: 1, lastUsedAt: at + 1 },
      { keyId, uses: 1, lastUsedAt: at + 2 },
      { keyId: other, uses: 7, lastUsedAt: at + 9 },
      { keyId: randomUUID(), uses: 7, lastUsedAt: at },
    ];
    expect(await report({ gatewayId, sequence: 4, deltas })).toEqual({ applied: true });
    expect(await report({ gatewayId, sequence: 3, deltas })).toEqual({ applied: false });
    expect(await report({ gatewayId: randomUUID(), sequence: 1, deltas: first.deltas })).toEqual({ applied: true });
    const { keys } = await list(ada);
    expect(keys.map(({ id, totalUses, lastUsedAt }) => ({ id, totalUses, lastUsedAt }))).toEqual([
      { id: other, totalUses: 7, lastUsedAt: at + 9 },
      { id: keyId, totalUses: 8, lastUsedAt: at + 5 },
    ]);
  });

  it('adds a report of the greatest size', async () => {
    const ada = person();
    const keyId = (await create(ada)).key.id;
    const deltas = Array.from({ length: 9_999 }, () => ({ keyId: randomUUID(), uses: 1, lastUsedAt: 1 }));
    await report({ gatewayId: randomUUID(), sequence: 1, deltas: [...deltas, { keyId, uses: 1, lastUsedAt: 1 }] });
    expect((await list(ada)).keys[0]?.totalUses).toBe(1);
  });

  it('forgets gateways that have long been gone', async () => {
    const deltas = [{ keyId: randomUUID(), uses: 1, lastUsedAt: 1 }];
    await report({ gatewayId: randomUUID(), sequence: 1, deltas });
    await clock.advance(8 * 24 * 3_600_000);
    await report({ gatewayId: randomUUID(), sequence: 1, deltas });
    expect(await test.database.read((em) => em.count(UsageReportEntity))).toBe(1);
  });

  it('never serialises the hash of a key', async () => {
    const { secret } = await create(person());
    const key = await test.database.read((em) => em.findOneOrFail(ApiKeyEntity, { hash: hashKey(secret) }));
    for (const text of [JSON.stringify(key), JSON.stringify(serialize(key))]) {
      expect(text).toContain(key.prefix);
      expect(text).not.toContain(hashKey(secret));
    }
  });

  it('forgets the keys of a deleted user, and nobody else’s', async () => {
    const ada = person();
    const bob = person();
    const { secret } = await create(ada);
    await create({ ...ada, workspaceId: randomUUID() });
    const kept = await create(bob);
    const changed: unknown[] = [];
    gateway.on(keysChanged, ({ keys }) => changed.push(...keys));
    const drop = () => identity.call(dropOwner, { userId: ada.userId }, systemContext);
    expect(await drop()).toEqual({ deleted: 2 });
    expect(await drop()).toEqual({ deleted: 0 });
    await expect(factsOf(secret)).rejects.toMatchObject({ code: 'key_invalid' });
    expect(await factsOf(kept.secret)).toMatchObject({ ownerId: bob.userId });
    const left = await test.database.read((em) => em.findAll(KeyUsageEntity));
    expect(left.map(({ keyId }) => keyId)).toEqual([kept.key.id]);
    await settle();
    expect(changed).toHaveLength(2);
  });
});
