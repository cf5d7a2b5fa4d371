import { Injectable } from '@nestjs/common';
import { type Caller, DomainError, type keyUsage, type ReplyOf, type RequestOf } from '@flowkeep/contracts';
import { Database, ownedBy, query } from '@flowkeep/persistence';
import { ApiKeyEntity } from '../keys/api-key.entity.ts';
import { dayMs } from './usage-deltas.ts';

interface Row {
  readonly day: number;
  readonly flow: string;
  readonly uses: number | string;
}

const maxRows = 5_000;

/** What was counted, day by day. */
@Injectable()
export class UsageSeriesService {
  constructor(private readonly database: Database) {}

  async read(caller: Caller, { keyId, from, to }: RequestOf<typeof keyUsage>): Promise<ReplyOf<typeof keyUsage>> {
    if (from > to) {
      const message = 'The first day must not be after the last.';
      throw new DomainError('invalid_request', { issues: [{ path: ['from'], code: 'too_late', message }] });
    }
    return this.database.read(async (em) => {
      const key = await em.findOne(ApiKeyEntity, { id: keyId, ...ownedBy(caller) }, { fields: ['id'] });
      if (key === null) throw new DomainError('key_not_found');
      const { rows } = await query<Row>(
        em,
        `select day, flow, uses from key_usage_day where key_id = $1 and day between $2 and $3
         order by day desc, uses desc, flow limit ${maxRows + 1}`,
        [keyId, dayOf(from), dayOf(to)],
      );
      const counted = rows.slice(0, maxRows).map(({ day, flow, uses }) => ({
        day: new Date(day * dayMs).toISOString().slice(0, 10),
        flow: flow === '' ? null : flow,
        uses: Number(uses),
      }));
      return { rows: counted, truncated: rows.length > maxRows };
    });
  }
}

function dayOf(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / dayMs);
}
