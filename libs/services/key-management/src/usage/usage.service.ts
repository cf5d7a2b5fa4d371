import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import type { ReplyOf, reportUsage, RequestOf } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { UsageReportEntity } from './usage-report.entity.ts';

type Delta = RequestOf<typeof reportUsage>['deltas'][number];

const keysPerStatement = 200;
/** A gateway takes a new id at each start; far longer than it would try to deliver one report. */
const forgetGatewayAfterMs = 7 * 24 * 60 * 60 * 1000;

/** Uses of keys, counted by the gateways. */
@Injectable()
export class UsageService {
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
      for (let start = 0; start < totals.length; start += keysPerStatement) {
        await this.add(em, totals.slice(start, start + keysPerStatement));
      }
      if (sequence === 1) await em.nativeDelete(UsageReportEntity, { reportedAt: { $lt: now - forgetGatewayAfterMs } });
      return { applied: true };
    });
  }

  private async add(em: SqlEntityManager, totals: readonly Delta[]): Promise<void> {
    const uuid = this.database.dialect === 'postgresql' ? 'uuid' : 'text';
    const places = totals.map((_, index) => {
      const [key, uses, at] = [1, 2, 3].map((offset) => `$${index * 3 + offset}`) as [string, string, string];
      return `(cast(${key} as ${uuid}), cast(${uses} as bigint), cast(${at} as bigint))`;
    });
    await query(
      em,
      `update key_usage set total_uses = total_uses + delta.column2, last_used_at =
         case when last_used_at > delta.column3 then last_used_at else delta.column3 end
       from (values ${places.join(', ')}) as delta where key_usage.key_id = delta.column1`,
      totals.flatMap(({ keyId, uses, lastUsedAt }) => [keyId, uses, lastUsedAt]),
    );
  }
}

/** In the order of ids, so that two gateways' reports lock rows in the same order. */
function totalPerKey(deltas: readonly Delta[]): Delta[] {
  const totals = new Map<string, Delta>();
  for (const { keyId, uses, lastUsedAt } of deltas) {
    const before = totals.get(keyId) ?? { uses: 0, lastUsedAt: 0 };
    totals.set(keyId, { keyId, uses: before.uses + uses, lastUsedAt: Math.max(before.lastUsedAt, lastUsedAt) });
  }
  return [...totals.values()].sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
}
