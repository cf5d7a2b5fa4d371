import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type CancelTimer, Clock } from '@flowkeep/config';
import { Database, query } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';

/** A variable in constant use is written down once in this time. */
const intervalMs = 60_000;
const batchSize = 200;
/** Beyond this many variables the uses of the others count from the next round on. */
const variableLimit = 10_000;

/** When variables were used last. Written down now and then, never in the way of a run. */
@Injectable()
export class LastUses implements OnModuleDestroy {
  private readonly uses = new Map<string, number>();
  private cancelTimer: CancelTimer | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  note(variableIds: readonly string[]): void {
    const now = this.clock.now();
    for (const id of variableIds) {
      if (this.uses.has(id) || this.uses.size < variableLimit) this.uses.set(id, now);
    }
    if (this.uses.size > 0) this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.cancelTimer?.();
    await this.writing;
    await this.write();
  }

  private schedule(): void {
    this.cancelTimer ??= this.clock.after(intervalMs, () => {
      this.cancelTimer = null;
      this.writing = this.write();
    });
  }

  /** What can't be stored stays for the next round. */
  private async write(): Promise<void> {
    const uses = [...this.uses];
    try {
      for (let from = 0; from < uses.length; from += batchSize) {
        await this.store(uses.slice(from, from + batchSize));
      }
    } catch (error) {
      this.logger.warn('the last uses of variables could not be stored', { cause: String(error) });
    }
  }

  private async store(uses: readonly (readonly [string, number])[]): Promise<void> {
    await this.database.transaction(async (em) => {
      for (const [id, at] of uses) {
        // Another instance may have written a later one.
        await query(
          em,
          'update variable set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)',
          [id, at],
        );
      }
    });
    for (const [id, at] of uses) if (this.uses.get(id) === at) this.uses.delete(id);
  }
}
