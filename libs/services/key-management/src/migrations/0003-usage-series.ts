import type { Migration } from '@flowkeep/persistence';

export const usageSeries: Migration = {
  name: '0003-usage-series',
  sqlite: [
    `create table key_usage_day (key_id text not null, day integer not null, flow text not null, uses bigint not null,
      primary key (key_id, day, flow))`,
    `create index key_usage_day_day_index on key_usage_day (day)`,
  ],
  postgresql: [
    `create table key_usage_day (key_id uuid not null, day int not null, flow varchar(255) not null,
      uses bigint not null, primary key (key_id, day, flow))`,
    `create index key_usage_day_day_index on key_usage_day (day)`,
  ],
};
