import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { Database, query } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';

const flushMs = 5_000;

/** When variables were used last. Written down now and then, never in the way of a run. */
@Injectable()
export class LastUses implements OnModuleDestroy {
  private readonly uses = new Map<string, number>();
  private cancelTimer: (() => void) | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  note(variableIds: readonly string[]): void {
    const now = this.clock.now();
    for (const id of variableIds) this.uses.set(id, now);
    if (this.uses.size === 0 || this.cancelTimer !== null) return;
    this.cancelTimer = this.clock.after(flushMs, () => {
      this.cancelTimer = null;
      this.writing = this.write();
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.cancelTimer?.();
    await this.writing;
    await this.write();
  }

  private async write(): Promise<void> {
    const uses = [...this.uses];
    this.uses.clear();
    if (uses.length === 0) return;
    try {
      await this.database.transaction(async (em) => {
        for (const [id, at] of uses) await query(em, 'update variable set last_used_at = $2 where id = $1', [id, at]);
      });
    } catch (error) {
      this.logger.warn('the last uses of variables could not be stored', { cause: String(error) });
    }
  }
}
