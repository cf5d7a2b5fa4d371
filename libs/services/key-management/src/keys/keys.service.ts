import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type {
  ApiKey,
  Caller,
  createKey,
  deleteKey,
  deleteKeys,
  ReplyOf,
  RequestOf,
  updateKey,
} from '@flowkeep/contracts';
import { DomainError } from '@flowkeep/contracts';
import { generateKey, hashKey, keyHint } from '@flowkeep/crypto';
import { Database, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { KeyCounterEntity } from '../limits/key-counter.entity.ts';
import { KeyUsageDayEntity } from '../usage/key-usage-day.entity.ts';
import { KeyUsageEntity } from '../usage/key-usage.entity.ts';
import { ApiKeyEntity, type ApiKeyRow, noPrevious } from './api-key.entity.ts';
import {
  grantAddresses,
  grantLimits,
  grantOf,
  grantPermissions,
  grantScope,
  grantTimes,
  requireWithin,
} from './delegation.ts';
import { KeyChanges } from './key-changes.ts';
import { KeyRules } from './key-rules.ts';
import { toView } from './key-view.ts';

type Update = Omit<RequestOf<typeof updateKey>, 'keyId'>;

/** Each deletion writes two rows and an event. */
const deletionsPerTransaction = 50;

/** API keys, as their owners keep them. */
@Injectable()
export class KeysService {
  constructor(
    private readonly database: Database,
    private readonly changes: KeyChanges,
    private readonly rules: KeyRules,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  async create(caller: Caller, request: RequestOf<typeof createKey>): Promise<ReplyOf<typeof createKey>> {
    if (!this.rules.fromPeople) throw new DomainError('keys_from_environment');
    const now = this.clock.now();
    const issuer = await this.changes.issuerOf(caller);
    const grant = grantOf(request, caller, issuer, { now, latestExpiry: this.rules.latestExpiry(now) });
    const secret = generateKey();
    const key: ApiKeyRow = {
      id: this.ids.next(),
      ...ownedBy(caller),
      createdBy: caller.userId,
      ...naming(request.name),
      description: request.description,
      hash: hashKey(secret),
      ...keyHint(secret),
      ...grant,
      ...noPrevious,
      enabled: true,
      rotatedAt: null,
      createdAt: now,
      updatedAt: now,
      revision: 0,
    };
    await this.database.transaction(async (em) => {
      await em.insert(ApiKeyEntity, key);
      await em.insert(KeyUsageEntity, { keyId: key.id, totalUses: 0 });
      await this.changes.record(em, caller, 'key.created', key);
    });
    return { key: toView(key), secret };
  }

  async get(caller: Caller, keyId: string): Promise<ApiKey> {
    return this.database.read(async (em) => {
      const key = await em.findOne(ApiKeyEntity, { id: keyId, ...ownedBy(caller) });
      if (key === null) throw new DomainError('key_not_found');
      return toView(key, await em.findOne(KeyUsageEntity, { keyId }));
    });
  }

  /** What is not given stays. A key changes only keys that can do no more than itself, and gives none of them more. */
  async update(caller: Caller, keyId: string, update: Update): Promise<ApiKey> {
    const issuer = await this.changes.issuerOf(caller);
    const view = await this.database.transaction(async (em) => {
      const key = await this.changes.ownKey(em, caller, keyId);
      if (issuer !== null) requireWithin(key, caller, issuer);
      const changed = await this.changes.store(em, key, this.columnsOf(key, update, caller, issuer));
      await this.changes.record(em, caller, 'key.updated', changed, { fields: Object.keys(update).join(', ') });
      return toView(changed, await em.findOne(KeyUsageEntity, { keyId }));
    });
    this.changes.announce({ keyId, revision: view.revision });
    return view;
  }

  async delete(caller: Caller, keyId: string): Promise<ReplyOf<typeof deleteKey>> {
    const [deleted] = await this.deleteSome(caller, [keyId]);
    if (deleted === undefined) throw new DomainError('key_not_found');
    return deleted;
  }

  async deleteMany(caller: Caller, { keyIds }: RequestOf<typeof deleteKeys>): Promise<ReplyOf<typeof deleteKeys>> {
    const ids = [...new Set(keyIds)].sort();
    const deleted: ReplyOf<typeof deleteKey>[] = [];
    for (let start = 0; start < ids.length; start += deletionsPerTransaction) {
      deleted.push(...(await this.deleteSome(caller, ids.slice(start, start + deletionsPerTransaction))));
    }
    return { deleted };
  }

  private async deleteSome(caller: Caller, keyIds: readonly string[]): Promise<ReplyOf<typeof deleteKey>[]> {
    const deleted = await this.database.transaction(async (em) => {
      const keys = await em.find(ApiKeyEntity, { id: { $in: keyIds }, ...ownedBy(caller) });
      const gone: ReplyOf<typeof deleteKey>[] = [];
      for (const key of keys) {
        // Another may have deleted it since it was read.
        if ((await em.nativeDelete(ApiKeyEntity, { id: key.id })) === 0) continue;
        await em.nativeDelete(KeyUsageEntity, { keyId: key.id });
        await em.nativeDelete(KeyUsageDayEntity, { keyId: key.id });
        await em.nativeDelete(KeyCounterEntity, { keyId: key.id });
        await this.changes.record(em, caller, 'key.deleted', key);
        gone.push({ keyId: key.id, revision: key.revision + 1 });
      }
      return gone;
    });
    this.changes.announce(...deleted);
    return deleted;
  }

  private columnsOf(key: ApiKeyRow, update: Update, caller: Caller, issuer: ApiKeyRow | null): Partial<ApiKeyRow> {
    const { name, description, enabled, permissions, scope, addresses } = update;
    const { rateLimit = key.rateLimit ?? null, quota = key.quota ?? null } = update;
    const changesLimits = update.rateLimit !== undefined || update.quota !== undefined;
    return {
      ...(name === undefined ? {} : naming(name)),
      ...(description === undefined ? {} : { description }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(permissions === undefined ? {} : { permissions: grantPermissions(permissions, caller, issuer) }),
      ...(scope === undefined ? {} : grantScope(scope, issuer)),
      ...(addresses === undefined ? {} : { addresses: grantAddresses(addresses, issuer) }),
      ...(changesLimits ? grantLimits({ rateLimit, quota }, issuer) : {}),
      ...this.timesOf(key, update, issuer),
    };
  }

  private timesOf(key: ApiKeyRow, update: Update, issuer: ApiKeyRow | null): Partial<ApiKeyRow> {
    const { notBefore = key.notBefore ?? null, expiresAt } = update;
    // An end that stays may be past by now, or later than the server allows since: only a new one is checked.
    if (expiresAt !== undefined) {
      const times = {
        now: this.clock.now(),
        latestExpiry: this.rules.latestExpiry(key.rotatedAt ?? key.createdAt),
      };
      return grantTimes({ notBefore, expiresAt }, issuer, times);
    }
    if (update.notBefore === undefined) return {};
    return grantTimes({ notBefore, expiresAt: key.expiresAt ?? null }, issuer, { now: -1, latestExpiry: null });
  }
}

function naming(name: string | null): Pick<ApiKeyRow, 'name' | 'nameLower'> {
  return { name, nameLower: name?.toLowerCase() ?? null };
}
