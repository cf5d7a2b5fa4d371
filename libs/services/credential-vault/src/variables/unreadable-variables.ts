import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import type { VariableRow } from './variable.entity.ts';

/** How many findings are remembered, so that a variable in use is not reported with every run. */
const remembered = 10_000;

type Unreadable = Pick<VariableRow, 'id' | 'name' | 'workspaceId' | 'updatedAt'>;

/** Leaves an audit event about each variable whose value can't be opened, once per process and stored value. */
@Injectable()
export class UnreadableVariables implements OnModuleDestroy {
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
  report(rows: readonly Unreadable[]): void {
    const fresh = rows.filter((row) => this.isNew(`${row.id} ${row.updatedAt}`));
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

  private async write(rows: readonly Unreadable[]): Promise<void> {
    const at = this.clock.now();
    try {
      await this.database.transaction(async (em) => {
        for (const { id, workspaceId, name } of rows) {
          await this.audit.record(em, {
            id: this.ids.next(),
            at,
            workspaceId,
            actorId: null,
            keyId: null,
            action: 'variable.unreadable',
            subjectId: id,
            details: { name },
          });
        }
      });
    } catch (error) {
      this.logger.warn('unreadable variables could not be recorded', { cause: String(error) });
    }
  }
}
