import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import { open, seal } from '@flowkeep/crypto';
import { AuditOutbox, Database, query, UuidV7 } from '@flowkeep/persistence';
import type { InferEntity } from '@mikro-orm/core';
import { DataKeys } from '../data-keys/data-keys.ts';
import { SystemSecretEntity } from './system-secret.entity.ts';

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
    const row = await this.database.read((em) => em.findOne(SystemSecretEntity, { service, name }));
    if (row === null) return null;
    const { key } = this.dataKeys.systemKey(row.dataKeyId);
    return Buffer.from(open(key, row.ciphertext, place(row))).toString();
  }

  /** Stores `value` unless there is one of that name; of several at once the first counts for all. */
  async keep(service: ServiceName, name: string, value: string): Promise<{ value: string; created: boolean }> {
    const found = await this.read(service, name);
    if (found !== null) return { value: found, created: false };
    const created = await this.insert(service, name, value);
    return { value: created ? value : ((await this.read(service, name)) as string), created };
  }

  private async insert(service: ServiceName, name: string, value: string): Promise<boolean> {
    const { id: dataKeyId, key } = this.dataKeys.currentSystemKey();
    const id = this.ids.next();
    const now = this.clock.now();
    const ciphertext = seal(key, Buffer.from(value), place({ id, service, name, dataKeyId }));
    return this.database.transaction(async (em) => {
      const { affected } = await query(
        em,
        `insert into system_secret (id, service, name, data_key_id, ciphertext, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (service, name) do nothing`,
        [id, service, name, dataKeyId, ciphertext, now],
      );
      if (affected === 0) return false;
      await this.audit.record(em, {
        id: this.ids.next(),
        at: now,
        workspaceId: null,
        actorId: null,
        keyId: null,
        action: 'system-secret.created',
        subjectId: id,
        details: { service, name },
      });
      return true;
    });
  }
}

/** Bound to everything that says whose it is: a ciphertext moved to another service's row does not open. */
function place({ id, service, name, dataKeyId }: Pick<SystemSecret, 'id' | 'service' | 'name' | 'dataKeyId'>) {
  return ['system-secret', service, name, id, dataKeyId] as const;
}
