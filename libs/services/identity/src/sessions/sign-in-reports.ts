import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type CancelTimer, Clock } from '@flowkeep/config';
import { Database, query, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { AuditService } from '../audit/audit.service.ts';
import { quietMs } from './sign-in-throttle.ts';

const intervalMs = 30_000;

/** How long failures of an account or address are gathered for one event. */
const windowMs = 10 * 60_000;

/** How long an address that is not used any more stays a good one. */
const addressMs = 180 * 86_400_000;

/** Rows one transaction takes. */
const batchSize = 200;

/** Refresh tokens cost whoever makes them up nothing, unlike passwords, whose hash takes its time. */
const maxRefreshRows = 20_000;

interface Due {
  readonly id: string;
  readonly unreported: number;
  readonly user_id: string | null;
  readonly address: string;
}

/** Tells the audit log of failed sign-ins, counted, and clears away what does not count any more. */
@Injectable()
export class SignInReports implements OnModuleDestroy {
  private readonly cancelTimer: CancelTimer;
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.cancelTimer = clock.every(intervalMs, () => {
      this.running ??= this.turn().finally(() => (this.running = undefined));
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.cancelTimer();
    await this.running;
  }

  /** What fails is tried again at the next turn. */
  private async turn(): Promise<void> {
    try {
      await this.audit.ready();
      await this.inBatches((em) => this.report(em));
      await this.inBatches((em) => this.clear(em));
      await this.inBatches((em) => this.clearRefreshes(em));
    } catch (error) {
      this.logger.warn('failed sign-ins could not be reported', { cause: String(error) });
    }
  }

  private async inBatches(work: (em: SqlEntityManager) => Promise<number>): Promise<void> {
    while ((await this.database.transaction(work)) >= batchSize);
  }

  private async report(em: SqlEntityManager): Promise<number> {
    const now = this.clock.now();
    const { rows } = await query<Due>(
      em,
      `select id, unreported, user_id, address from sign_in_throttle
       where unreported > 0 and unreported_since <= $1 order by id limit ${batchSize}`,
      [now - windowMs],
    );
    const mine: Due[] = [];
    for (const row of rows) {
      // Another instance may tell of it at this moment, or another failure may have come.
      const sql = 'update sign_in_throttle set unreported = 0 where id = $1 and unreported = $2';
      if ((await query(em, sql, [row.id, row.unreported])).affected > 0) mine.push(row);
    }
    const events = mine.map(({ unreported: failures, user_id: subjectId, address }) => ({
      ...{ id: this.ids.next(), at: now, workspaceId: null, actorId: null, keyId: null },
      ...{ action: 'sign-in.failed', subjectId, details: { failures, address } },
    }));
    if (events.length > 0) await this.audit.append(em, 'identity', events);
    return rows.length;
  }

  private async clear(em: SqlEntityManager): Promise<number> {
    const now = this.clock.now();
    const addresses = await query(
      em,
      `delete from sign_in_address where (account, address) in
         (select account, address from sign_in_address where used_at <= $1 limit ${batchSize})`,
      [now - addressMs],
    );
    const failures = await query(
      em,
      `delete from sign_in_throttle where id in (select id from sign_in_throttle
         where unreported = 0 and last_failed_at <= $1 order by last_failed_at limit ${batchSize})`,
      [now - quietMs],
    );
    return Math.max(addresses.affected, failures.affected);
  }

  private async clearRefreshes(em: SqlEntityManager): Promise<number> {
    const { affected } = await query(
      em,
      `delete from sign_in_throttle where id in (select id from sign_in_throttle where id like 'refresh:%'
         order by last_failed_at desc limit ${batchSize} offset ${maxRefreshRows})`,
    );
    return affected;
  }
}
