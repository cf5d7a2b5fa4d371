import { type BootstrapKey, type CancelTimer, type Clock, SettingsError } from '@flowkeep/config';
import { type Bus, systemContext } from '@flowkeep/bus';
import { grantablePermissions, keyHolder } from '@flowkeep/contracts';
import { claimsKeyForm, hashKey, isKeyForm, keyHint } from '@flowkeep/crypto';
import { type Database, isUniqueViolation, type UuidV7 } from '@flowkeep/persistence';
import type { Logger } from '@flowkeep/telemetry';
import { KeyUsageEntity } from '../usage/key-usage.entity.ts';
import { ApiKeyEntity, type ApiKeyRow, noPrevious } from './api-key.entity.ts';
import type { KeyChanges } from './key-changes.ts';

export interface BootstrapParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ids: UuidV7;
  readonly changes: KeyChanges;
}

const retryAfterMs = 2_000;

/**
 * Refuses keys nobody could use as they are meant.
 *
 * @throws SettingsError naming the entry, never what is in it
 */
export function checkBootstrapKeys(keys: readonly BootstrapKey[]): void {
  const problems = keys.flatMap(({ key, permissions }, index) => {
    const entry = `FLOWKEEP_BOOTSTRAP_KEYS entry ${index}`;
    const isBroken = key !== null && claimsKeyForm(key) && !isKeyForm(key);
    const unknown = permissions.findIndex((name) => !grantablePermissions.has(name));
    return [
      ...(isBroken ? [`${entry} has a key whose checksum is wrong.`] : []),
      ...(unknown >= 0 ? [`${entry} has a permission that does not exist, number ${unknown}.`] : []),
    ];
  });
  const hashes = keys.map(hashOf);
  const twice = hashes.findIndex((hash, index) => hashes.indexOf(hash) !== index);
  if (twice >= 0) problems.push(`FLOWKEEP_BOOTSTRAP_KEYS entry ${twice} has a key that another entry has too.`);
  if (problems.length > 0) throw new SettingsError(problems);
}

/** Makes the keys the operator wants there from the start, once: one that is there is left as it is. */
export class BootstrapKeys {
  private timer: CancelTimer | undefined;
  private stopped = false;
  private underway: Promise<void> = Promise.resolve();

  constructor(
    private readonly keys: readonly BootstrapKey[],
    private readonly parts: BootstrapParts,
  ) {}

  /**
   * Tries once and resolves; goes on in the background until every key is there: in a distributed installation identity
   * may come later.
   */
  async start(): Promise<void> {
    this.underway = this.createAll(this.keys);
    await this.underway;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.();
    await this.underway;
  }

  private async createAll(keys: readonly BootstrapKey[]): Promise<void> {
    const { logger, clock } = this.parts;
    const left: BootstrapKey[] = [];
    for (const key of keys) {
      if (this.stopped) return;
      try {
        await this.create(key);
      } catch (error) {
        logger.warn('a key of FLOWKEEP_BOOTSTRAP_KEYS could not be made yet', { name: key.name, error });
        left.push(key);
      }
    }
    if (left.length === 0 || this.stopped) return;
    this.timer = clock.after(retryAfterMs, () => {
      this.underway = this.createAll(left);
    });
  }

  private async create(wanted: BootstrapKey): Promise<void> {
    const { database, bus, clock, ids, changes } = this.parts;
    const hash = hashOf(wanted);
    const known = { $or: [{ hash }, { previousHash: hash }] };
    if ((await database.read((em) => em.count(ApiKeyEntity, known))) > 0) return;
    const { userId, workspaceId } = await bus.call(keyHolder, { username: wanted.username }, systemContext);
    const now = clock.now();
    const key: ApiKeyRow = {
      id: ids.next(),
      workspaceId,
      ownerId: userId,
      createdBy: userId,
      name: wanted.name,
      nameLower: wanted.name.toLowerCase(),
      description: null,
      hash,
      ...(wanted.key === null ? { prefix: '', last4: '', length: 0 } : keyHint(wanted.key)),
      permissions: [...wanted.permissions],
      scopeFlowIds: [],
      scopeProjectIds: [],
      addresses: null,
      rateLimit: null,
      quota: null,
      enabled: true,
      notBefore: null,
      expiresAt: null,
      rotatedAt: null,
      ...noPrevious,
      createdAt: now,
      updatedAt: now,
      revision: 0,
    };
    try {
      await database.transaction(async (em) => {
        await em.insert(ApiKeyEntity, key);
        await em.insert(KeyUsageEntity, { keyId: key.id, totalUses: 0 });
        await changes.record(em, null, 'key.created', key, { bootstrapped: true });
      });
    } catch (error) {
      // Another instance was faster.
      if (!isUniqueViolation(error)) throw error;
    }
  }
}

function hashOf({ key, hash }: BootstrapKey): string {
  return hash ?? hashKey(key as string);
}
