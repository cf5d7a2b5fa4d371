import { type Migration, outboxStatements } from '@flowkeep/persistence';

export const initial: Migration = {
  name: '0001-initial',
  sqlite: [
    ...outboxStatements.sqlite,
    `create table api_key (id text not null primary key, workspace_id text not null, owner_id text not null,
      created_by text not null, name text null, description text null, hash text not null, prefix text not null,
      last4 text not null, length integer not null, permissions json not null, scope_flow_ids json not null,
      scope_project_ids json not null, enabled integer not null, not_before bigint null, expires_at bigint null,
      created_at bigint not null, updated_at bigint not null, revision integer not null)`,
    `create unique index api_key_hash_unique on api_key (hash)`,
    `create index api_key_owner_id_workspace_id_created_at_index on api_key (owner_id, workspace_id, created_at)`,
    `create table key_usage (key_id text not null primary key, total_uses bigint not null, last_used_at bigint null)`,
    `create table usage_report (gateway_id text not null primary key, sequence bigint not null,
      reported_at bigint not null)`,
    `create index usage_report_reported_at_index on usage_report (reported_at)`,
  ],
  postgresql: [
    ...outboxStatements.postgresql,
    `create table api_key (id uuid primary key, workspace_id uuid not null, owner_id uuid not null,
      created_by uuid not null, name varchar(255) null, description varchar(1000) null, hash varchar(64) not null,
      prefix varchar(8) not null, last4 varchar(4) not null, length int not null, permissions jsonb not null,
      scope_flow_ids jsonb not null, scope_project_ids jsonb not null, enabled boolean not null,
      not_before bigint null, expires_at bigint null, created_at bigint not null, updated_at bigint not null,
      revision int not null)`,
    `alter table api_key add constraint api_key_hash_unique unique (hash)`,
    `create index api_key_owner_id_workspace_id_created_at_index on api_key (owner_id, workspace_id, created_at)`,
    `create table key_usage (key_id uuid primary key, total_uses bigint not null, last_used_at bigint null)`,
    `create table usage_report (gateway_id uuid primary key, sequence bigint not null, reported_at bigint not null)`,
    `create index usage_report_reported_at_index on usage_report (reported_at)`,
  ],
};
