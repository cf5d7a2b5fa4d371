import { type DatabaseDefinition, OutboxEntity } from '@flowkeep/persistence';
import { ApiKeyEntity } from './keys/api-key.entity.ts';
import { KeyTotalEntity } from './keys/key-total.entity.ts';
import { KeyCounterEntity } from './limits/key-counter.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { keyLifecycle } from './migrations/0002-key-lifecycle.ts';
import { usageSeries } from './migrations/0003-usage-series.ts';
import { keyCounters } from './migrations/0004-key-counters.ts';
import { keyList } from './migrations/0005-key-list.ts';
import { keySearch } from './migrations/0006-key-search.ts';
import { KeyUsageDayEntity } from './usage/key-usage-day.entity.ts';
import { KeyUsageEntity } from './usage/key-usage.entity.ts';
import { UsageReportEntity } from './usage/usage-report.entity.ts';

/** What key management keeps. */
export const keyManagementDatabase: DatabaseDefinition = {
  service: 'keys',
  entities: [
    ApiKeyEntity,
    KeyTotalEntity,
    KeyUsageEntity,
    KeyUsageDayEntity,
    KeyCounterEntity,
    UsageReportEntity,
    OutboxEntity,
  ],
  migrations: [initial, keyLifecycle, usageSeries, keyCounters, keyList, keySearch],
};
