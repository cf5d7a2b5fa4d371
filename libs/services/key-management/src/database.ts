import { type DatabaseDefinition, OutboxEntity } from '@flowkeep/persistence';
import { ApiKeyEntity } from './keys/api-key.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { KeyUsageEntity } from './usage/key-usage.entity.ts';
import { UsageReportEntity } from './usage/usage-report.entity.ts';

/** What key management keeps. */
export const keyManagementDatabase: DatabaseDefinition = {
  service: 'keys',
  entities: [ApiKeyEntity, KeyUsageEntity, UsageReportEntity, OutboxEntity],
  migrations: [initial],
};
