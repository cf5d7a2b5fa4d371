import type { Migration } from '@flowkeep/persistence';

/** Events that are there already are chained by the first start after it. */
export const auditChain: Migration = {
  name: '0005-audit-chain',
  sqlite: [
    `alter table audit_event add column sequence bigint null`,
    `alter table audit_event add column previous text null`,
    `alter table audit_event add column mac text null`,
    `create unique index audit_event_sequence_unique on audit_event (sequence)`,
    `create table audit_head (id integer not null primary key, sequence bigint not null, mac text not null,
      anchor_sequence bigint not null, anchor_mac text not null, seal text null)`,
    `insert into audit_head (id, sequence, mac, anchor_sequence, anchor_mac) values (1, 0, '', 0, '')`,
  ],
  postgresql: [
    `alter table audit_event add column sequence bigint null, add column previous varchar(64) null,
      add column mac varchar(64) null`,
    `create unique index audit_event_sequence_unique on audit_event (sequence)`,
    `create table audit_head (id int primary key, sequence bigint not null, mac varchar(64) not null,
      anchor_sequence bigint not null, anchor_mac varchar(64) not null, seal varchar(64) null)`,
    `insert into audit_head (id, sequence, mac, anchor_sequence, anchor_mac) values (1, 0, '', 0, '')`,
  ],
};
