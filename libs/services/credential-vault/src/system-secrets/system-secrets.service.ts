import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import { hashKey, open, seal } from '@flowkeep/crypto';
import { AuditOutbox, Database, query, UuidV7 } from '@flowkeep/persistence';
import type { InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type DataKey, DataKeys } from '../data-keys/data-keys.ts';
import { placeOf, SystemSecretEntity } from './system-secret.entity.ts';

type SystemSecret = InferEntity<typeof SystemSecretEntity>;

/** Secrets the services keep for themselves, each out of reach of the others. */
@Injectable()
export class SystemSecrets {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  async read(service: ServiceName, name: string): Promise<string | null> {
    const row = await this.find(service, name);
    return row === null ? null : this.open(row);
  }

  /** Stores `value` unless there is one of that name; of several at once the first counts for all. */
  async keep(service: ServiceName, name: string, value: string): Promise<{ value: string; created: boolean }> {
    const found = await this.read(service, name);
    if (found !== null) return { value: found, created: false };
    const created = await this.dataKeys.storing(null, (dataKey) => this.insert(dataKey, service, name, value));
    return { value: created ? value : ((await this.read(service, name)) as string), created };
  }

  /**
   * Stores `value` in place of the one that is known by its hash; of several at once the first counts for all.
   *
   * @param previous SHA-256 in hex
   * @returns the value that counts now, and whether it is this one
   */
  async replace(
    service: ServiceName,
    name: string,
    previous: string,
    value: string,
  ): Promise<{ value: string | null; replaced: boolean }> {
    const row = await this.find(service, name);
    if (row === null) return { value: null, replaced: false };
    const found = await this.open(row);
    if (hashKey(found) !== previous) return { value: found, replaced: false };
    const replaced = await this.dataKeys.storing(null, (dataKey) => this.update(dataKey, row, value));
    return { value: replaced ? value : await this.read(service, name), replaced };
  }

  private find(service: ServiceName, name: string): Promise<SystemSecret | null> {
    return this.database.read((em) => em.findOne(SystemSecretEntity, { service, name }));
  }

  private async open(row: SystemSecret): Promise<string> {
    const dataKey = (await this.dataKeys.keysOf(null, new Set([row.dataKeyId]))).get(row.dataKeyId);
    if (dataKey === undefined) throw new Error(`there is no system data key ${row.dataKeyId}`);
    return Buffer.from(open(dataKey.key, row.ciphertext, placeOf(row))).toString();
  }

  /**
   * No two ciphertexts are the same: the one that was read tells whether the value is still the same. Encrypted anew in
   * between, it counts as changed, and whoever asked asks again.
   */
  private update(dataKey: DataKey, { id, service, name, ciphertext: before }: SystemSecret, value: string) {
    const { id: dataKeyId, key } = dataKey;
    const ciphertext = seal(key, Buffer.from(value), placeOf({ id, service, name, dataKeyId }));
    return this.database.transaction(async (em) => {
      await this.dataKeys.hold(em, dataKeyId);
      const { affected } = await query(
        em,
        'update system_secret set ciphertext = $1, data_key_id = $2 where id = $3 and ciphertext = $4',
        [ciphertext, dataKeyId, id, before],
      );
      if (affected === 0) return false;
      await this.record(em, 'system-secret.replaced', id, { service, name });
      return true;
    });
  }

  private insert(dataKey: DataKey, service: ServiceName, name: string, value: string): Promise<boolean> {
    const { id: dataKeyId, key } = dataKey;
    const id = this.ids.next();
    const ciphertext = seal(key, Buffer.from(value), placeOf({ id, service, name, dataKeyId }));
    return this.database.transaction(async (em) => {
      await this.dataKeys.hold(em, dataKeyId);
      const { affected } = await query(
        em,
        `insert into system_secret (id, service, name, data_key_id, ciphertext, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (service, name) do nothing`,
        [id, service, name, dataKeyId, ciphertext, this.clock.now()],
      );
      if (affected === 0) return false;
      await this.record(em, 'system-secret.created', id, { service, name });
      return true;
    });
  }

  private record(
    em: SqlEntityManager,
    action: 'system-secret.created' | 'system-secret.replaced',
    subjectId: string,
    details: Record<string, string>,
  ): Promise<void> {
    const event = { id: this.ids.next(), at: this.clock.now(), workspaceId: null, actorId: null, keyId: null };
    return this.audit.record(em, { ...event, action, subjectId, details });
  }
}
