import type { Migration } from '@flowkeep/persistence';

export const keyCounters: Migration = {
  name: '0004-key-counters',
  sqlite: [
    `create table key_counter (key_id text not null, kind text not null, window_start bigint not null,
      granted bigint not null, primary key (key_id, kind))`,
  ],
  postgresql: [
    `create table key_counter (key_id uuid not null, kind varchar(8) not null, window_start bigint not null,
      granted bigint not null, primary key (key_id, kind))`,
  ],
};
