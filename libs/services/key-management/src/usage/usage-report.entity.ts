import { defineEntity, p } from '@mikro-orm/core';

/** The last report of each gateway that was counted. A gateway's reports come one after the other, numbered upwards. */
export const UsageReportEntity = defineEntity({
  name: 'UsageReport',
  tableName: 'usage_report',
  properties: {
    gatewayId: p.uuid().primary(),
    sequence: p.bigint('number'),
    reportedAt: p.bigint('number').index(),
  },
});
