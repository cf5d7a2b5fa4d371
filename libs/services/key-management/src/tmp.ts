import { Controller, Module } from '@nestjs/common';
import { type Bus, Handles, serve, type OperationContext } from '@flowkeep/bus';
import type { Clock, Settings } from '@flowkeep/config';
import {
  createKey,
  deleteKey,
  DomainError,
  keysChanged,
  keysHealth,
  listKeys,
  reportUsage,
  verifyKey,
  type RequestOf,
} from '@flowkeep/contracts';
import { generateKey, hashKey, keyHint } from '@flowkeep/crypto';
import { Database, openServiceDatabase, UuidV7, type DatabaseDefinition } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { ApiKeyEntity } from './api-key.entity.ts';
const cols =
  'id text primary key, workspace_id text, owner_id text, name text, hash text unique, prefix text, last4 text, length int, enabled boolean, revision int, total_uses int';
export const keyManagementDatabase: DatabaseDefinition = {
  service: 'keys',
  entities: [ApiKeyEntity],
  migrations: [
    {
      name: '0001',
      sqlite: [
        `create table api_key (${cols}, permissions json, expires_at bigint, created_at bigint, last_used_at bigint)`,
      ],
      postgresql: [
        `create table api_key (${cols.replace('id text', 'id uuid').replace('workspace_id text, owner_id text', 'workspace_id uuid, owner_id uuid')}, permissions jsonb, expires_at bigint, created_at bigint, last_used_at bigint)`,
      ],
    },
  ],
};
let deps: { database: Database; bus: Bus; clock: Clock; ids: UuidV7 };
const view = (k: any) => ({
  id: k.id,
  name: k.name ?? null,
  ownerId: k.ownerId,
  workspaceId: k.workspaceId,
  prefix: k.prefix,
  last4: k.last4,
  length: k.length,
  permissions: k.permissions,
  enabled: k.enabled,
  createdAt: k.createdAt,
  expiresAt: k.expiresAt ?? null,
  lastUsedAt: k.lastUsedAt ?? null,
  totalUses: k.totalUses,
});
@Controller()
class C {
  @Handles(keysHealth) async h() {
    return { database: await deps.database.health() };
  }
  @Handles(verifyKey) async v({ hash }: RequestOf<typeof verifyKey>) {
    const k = await deps.database.read((em) => em.findOne(ApiKeyEntity, { hash }));
    if (!k) throw new DomainError('key_invalid');
    return {
      keyId: k.id,
      ownerId: k.ownerId,
      workspaceId: k.workspaceId,
      permissions: k.permissions,
      scope: { flowIds: [], projectIds: [] },
      enabled: k.enabled,
      notBefore: null,
      expiresAt: k.expiresAt ?? null,
      revision: k.revision,
    };
  }
  @Handles(createKey) async c(r: RequestOf<typeof createKey>, { caller }: OperationContext<typeof createKey>) {
    const secret = generateKey();
    const row = {
      id: deps.ids.next(),
      workspaceId: caller.workspaceId,
      ownerId: caller.userId,
      name: r.name,
      hash: hashKey(secret),
      ...keyHint(secret),
      permissions: r.permissions,
      enabled: true,
      expiresAt: r.expiresAt,
      createdAt: deps.clock.now(),
      revision: 1,
      totalUses: 0,
      lastUsedAt: null,
    };
    await deps.database.transaction(async (em) => {
      em.create(ApiKeyEntity, row);
      await em.flush();
    });
    return { key: view(row), secret };
  }
  @Handles(listKeys) async l(_r: RequestOf<typeof listKeys>, { caller }: OperationContext<typeof listKeys>) {
    const keys = await deps.database.read((em) =>
      em.find(ApiKeyEntity, { ownerId: caller.userId }, { orderBy: { id: 'desc' } }),
    );
    return { total: keys.length, keys: keys.map(view) };
  }
  @Handles(deleteKey) async d({ keyId }: RequestOf<typeof deleteKey>, { caller }: OperationContext<typeof deleteKey>) {
    const n = await deps.database.transaction((em) =>
      em.nativeDelete(ApiKeyEntity, { id: keyId, ownerId: caller.userId }),
    );
    if (n === 0) throw new DomainError('key_not_found');
    deps.bus.emit(keysChanged, { keys: [{ keyId, revision: 99 }] });
    return { keyId, revision: 99 };
  }
  @Handles(reportUsage) async u({ deltas }: RequestOf<typeof reportUsage>) {
    await deps.database.transaction(async (em) => {
      for (const d of deltas) {
        const k = await em.findOne(ApiKeyEntity, { id: d.keyId });
        if (k) {
          k.totalUses += d.uses;
          k.lastUsedAt = d.lastUsedAt;
        }
      }
      await em.flush();
    });
    return { applied: true };
  }
}
@Module({})
class M {}
export async function startKeyManagement({
  settings,
  bus,
  clock,
  logger,
}: {
  settings: Settings;
  bus: Bus;
  clock: Clock;
  logger: Logger;
}) {
  const database = await openServiceDatabase(keyManagementDatabase, { settings, clock, logger });
  deps = { database, bus, clock, ids: new UuidV7(clock) };
  const app = await serve({ module: M, controllers: [C] }, bus);
  return {
    stop: async () => {
      await app.close();
      await database.close();
    },
  };
}
