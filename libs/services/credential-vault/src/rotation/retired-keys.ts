import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type CancelTimer, Clock } from '@flowkeep/config';
import { Database, query } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { sealedTables } from './sealed-tables.ts';

const intervalMs = 60_000;
/**
 * How long a retired data key stays at least: longer than any statement takes, so that whoever read a value before it was
 * encrypted anew still finds the key it needs.
 */
const graceMs = 60_000;
const batchSize = 100;

/** Deletes retired data keys that nothing is encrypted with any more. */
@Injectable()
export class RetiredKeys implements OnModuleInit, OnModuleDestroy {
  private cancelTimer: CancelTimer = () => {};
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.cancelTimer = this.clock.every(intervalMs, () => {
      this.working = this.working.then(() => this.sweep());
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.cancelTimer();
    await this.working;
  }

  /** Never rejects: what it could not delete it finds again. */
  private async sweep(): Promise<void> {
    try {
      while ((await this.deleteSome()) === batchSize);
    } catch (error) {
      this.logger.warn('retired data keys could not be deleted', { cause: String(error) });
    }
  }

  private deleteSome(): Promise<number> {
    const unused = sealedTables
      .map(({ name }) => `not exists (select 1 from ${name} where ${name}.data_key_id = data_key.id)`)
      .join(' and ');
    return this.database.transaction(async (em) => {
      const { rows } = await query<{ id: string }>(
        em,
        `select id from data_key where retired_at <= $1 and ${unused} limit ${batchSize}`,
        [this.clock.now() - graceMs],
      );
      for (const { id } of rows) {
        await query(em, 'delete from data_key_wrap where data_key_id = $1', [id]);
        await query(em, 'delete from data_key where id = $1', [id]);
      }
      return rows.length;
    });
  }
}
