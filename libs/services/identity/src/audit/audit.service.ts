import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/core';
import type { AuditEvent, ServiceName } from '@flowkeep/contracts';
import { AuditEventEntity } from './audit-event.entity.ts';

/** The audit log of all services. */
@Injectable()
export class AuditService {
  /** Appends events inside the transaction of `em`; those that are there already are left alone. */
  async append(em: EntityManager, service: ServiceName, events: readonly AuditEvent[]): Promise<void> {
    const rows = events.map((event) => ({ ...event, service }));
    await em.upsertMany(AuditEventEntity, rows, { onConflictAction: 'ignore', onConflictFields: ['id'] });
  }
}
