import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import type { ReplyOf, reportUsage, RequestOf } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { type DailyUses, dayMs, type Delta, totalPerDay, totalPerKey } from './usage-deltas.ts';
import { KeyUsageDayEntity } from './key-usage-day.entity.ts';
import { UsageReportEntity } from './usage-report.entity.ts';

const rowsPerStatement = 100;
/** A gateway takes a new id at each start; far longer than it would try to deliver one report. */
const forgetGatewayAfterMs = 7 * dayMs;
/** A year and a month, so that a month can be compared with the same a year ago. */
const keptDays = 400;
/** Names of flows a client may have made up; further ones of a day count as none. */
const maxFlowsPerDay = 500;

/** Uses of keys, counted by the gateways. */
@Injectable()
export class UsageService {
  private sweptDay = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Adds a report's uses, unless that report or a later one of the gateway was added before. Uses of keys that are gone
   * are dropped.
   */
  async report({ gatewayId, sequence, deltas }: RequestOf<typeof reportUsage>): Promise<ReplyOf<typeof reportUsage>> {
    const totals = totalPerKey(deltas);
    const days = totalPerDay(deltas);
    return this.database.transaction(async (em) => {
      const now = this.clock.now();
      // Also the lock that keeps the same report from being added twice at the same moment.
      const report = await query(
        em,
        `insert into usage_report (gateway_id, sequence, reported_at) values ($1, $2, $3)
         on conflict (gateway_id) do update set sequence = excluded.sequence, reported_at = excluded.reported_at
         where usage_report.sequence < excluded.sequence`,
        [gatewayId, sequence, now],
      );
      if (report.affected === 0) return { applied: false };
      for (const rows of chunksOf(totals)) await this.addTotals(em, rows);
      for (const rows of chunksOf(days)) await this.addDays(em, rows);
      if (sequence === 1) await em.nativeDelete(UsageReportEntity, { reportedAt: { $lt: now - forgetGatewayAfterMs } });
      await this.sweep(em, Math.floor(now / dayMs));
      return { applied: true };
    });
  }

  private async addTotals(em: SqlEntityManager, totals: readonly Delta[]): Promise<void> {
    const rows = totals.map((total) => [
      total.keyId,
      total.uses,
      total.lastUsedAt,
      total.address,
      total.flow,
      total.previousUsedAt,
    ]);
    await query(
      em,
      `update key_usage set total_uses = total_uses + delta.column2,
         last_used_at = ${greater('last_used_at', 'delta.column3')},
         last_address = case when last_used_at > delta.column3 then last_address
           else coalesce(delta.column4, last_address) end,
         last_flow = case when last_used_at > delta.column3 then last_flow
           else coalesce(delta.column5, last_flow) end,
         previous_last_used_at = ${greater('previous_last_used_at', 'delta.column6')}
       from (values ${this.places(rows, ['uuid', 'bigint', 'bigint', 'text', 'text', 'bigint'])}) as delta
       where key_usage.key_id = delta.column1`,
      rows.flat(),
    );
  }

  private async addDays(em: SqlEntityManager, days: readonly DailyUses[]): Promise<void> {
    const rows = days.map(({ keyId, day, flow, uses }) => [keyId, day, flow, uses]);
    await query(
      em,
      `insert into key_usage_day (key_id, day, flow, uses)
       select delta.column1, delta.column2, case when
           exists (select 1 from key_usage_day known where known.key_id = delta.column1 and known.day = delta.column2
             and known.flow = delta.column3)
           or (select count(*) from key_usage_day known where known.key_id = delta.column1
             and known.day = delta.column2) < ${maxFlowsPerDay}
         then delta.column3 else '' end, sum(delta.column4)
       from (values ${this.places(rows, ['uuid', 'int', 'text', 'bigint'])}) as delta
       join key_usage on key_usage.key_id = delta.column1
       where true group by 1, 2, 3
       on conflict (key_id, day, flow) do update set uses = key_usage_day.uses + excluded.uses`,
      rows.flat(),
    );
  }

  private async sweep(em: SqlEntityManager, today: number): Promise<void> {
    if (this.sweptDay === today) return;
    await em.nativeDelete(KeyUsageDayEntity, { day: { $lt: today - keptDays } });
    this.sweptDay = today;
  }

  /** The places of rows' values, each with its type: PostgreSQL can't tell it from a parameter. */
  private places(rows: readonly unknown[][], types: readonly string[]): string {
    const place = (row: number, column: number) => {
      const type = types[column] as string;
      const known = type === 'uuid' && this.database.dialect === 'sqlite' ? 'text' : type;
      return `cast($${row * types.length + column + 1} as ${known})`;
    };
    return rows.map((_, row) => `(${types.map((_type, column) => place(row, column)).join(', ')})`).join(', ');
  }
}

/** The greater of two, of which either may be null. */
function greater(left: string, right: string): string {
  return `case when ${right} is null or ${left} > ${right} then ${left} else ${right} end`;
}

function chunksOf<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    chunks.push(rows.slice(start, start + rowsPerStatement));
  }
  return chunks;
}
