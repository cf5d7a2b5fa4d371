import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { AuditEvent } from '@flowkeep/contracts';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';

/** How many findings are remembered, so that what is in use is not reported with every run. */
const remembered = 10_000;

/** Something stored that can't be opened. */
export interface Unreadable {
  readonly kind: 'variable' | 'credential' | 'flow-secret';
  readonly id: string;
  readonly workspaceId: string;
  /** When it was stored: a later value is another finding. */
  readonly storedAt: number;
  /** What says to people which one it is. */
  readonly details: AuditEvent['details'];
}

/** Leaves an audit event about each value that can't be opened, once per process and stored value. */
@Injectable()
export class UnreadableValues implements OnModuleDestroy {
  private readonly reported = new Set<string>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Never in the way of the answer: nobody waits for it, and a failure is logged. */
  report(found: readonly Unreadable[]): void {
    const fresh = found.filter(({ id, storedAt }) => this.isNew(`${id} ${storedAt}`));
    if (fresh.length === 0) return;
    this.writing = this.writing.then(() => this.write(fresh));
  }

  async onModuleDestroy(): Promise<void> {
    await this.writing;
  }

  private isNew(finding: string): boolean {
    if (this.reported.has(finding)) return false;
    if (this.reported.size >= remembered) this.reported.clear();
    this.reported.add(finding);
    return true;
  }

  private async write(found: readonly Unreadable[]): Promise<void> {
    const at = this.clock.now();
    try {
      await this.database.transaction(async (em) => {
        for (const { kind, id, workspaceId, details } of found) {
          await this.audit.record(em, {
            id: this.ids.next(),
            at,
            workspaceId,
            actorId: null,
            keyId: null,
            action: `${kind}.unreadable`,
            subjectId: id,
            details,
          });
        }
      });
    } catch (error) {
      this.logger.warn('unreadable values could not be recorded', { cause: String(error) });
    }
  }
}
