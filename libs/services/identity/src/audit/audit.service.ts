import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { AuditEvent, ServiceName } from '@flowkeep/contracts';
import { query } from '@flowkeep/persistence';

const insert = `insert into audit_event
  (id, at, service, workspace_id, actor_id, key_id, action, subject_id, details)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing`;

/** The audit log of all services. */
@Injectable()
export class AuditService {
  /** Appends events inside the transaction of `em`; those that are there already are left alone. */
  async append(em: SqlEntityManager, service: ServiceName, events: readonly AuditEvent[]): Promise<void> {
    for (const { id, at, workspaceId, actorId, keyId, action, subjectId, details } of events) {
      await query(em, insert, [
        id,
        at,
        service,
        workspaceId,
        actorId,
        keyId,
        action,
        subjectId,
        JSON.stringify(details),
      ]);
    }
  }
}
