import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import type { AuditEvent, Caller } from '@flowkeep/contracts';
import { UuidV7 } from '@flowkeep/persistence';
import { AuditService } from './audit.service.ts';

interface Happened {
  /** Who did it; null for the server itself. */
  readonly caller: Pick<Caller, 'userId' | 'keyId'> | null;
  /** `<subject>.<past participle>`. */
  readonly action: string;
  readonly subjectId: string;
  readonly workspaceId?: string | null;
  readonly details?: AuditEvent['details'];
}

/** What identity itself has to tell the audit log. */
@Injectable()
export class OwnEvents {
  constructor(
    private readonly audit: AuditService,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** Await it before the transaction that records. */
  async ready(): Promise<void> {
    await this.audit.ready();
  }

  /** Records what happened in the transaction of the change; do it last, it holds the lock of the log. */
  async record(em: SqlEntityManager, ...events: readonly Happened[]): Promise<void> {
    const at = this.clock.now();
    // What the log refers to must be there first.
    await em.flush();
    const recorded = events.map(({ caller, action, subjectId, workspaceId = null, details = {} }) => ({
      id: this.ids.next(),
      at,
      workspaceId,
      actorId: caller?.userId ?? null,
      keyId: caller?.keyId ?? null,
      action,
      subjectId,
      details,
    }));
    await this.audit.append(em, 'identity', recorded);
  }
}
