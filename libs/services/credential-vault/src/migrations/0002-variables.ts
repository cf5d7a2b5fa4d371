import type { Migration } from '@flowkeep/persistence';

export const variables: Migration = {
  name: '0002-variables',
  sqlite: [
    `create table variable (id text not null primary key, workspace_id text not null, owner_id text not null,
      name text not null, kind text not null, data_key_id text not null, ciphertext text not null,
      fingerprint text not null, default_fields text not null, origin text not null, created_at bigint not null,
      updated_at bigint not null, last_used_at bigint null)`,
    `create unique index variable_name_unique on variable (workspace_id, name)`,
    `create table flow_secret (id text not null primary key, workspace_id text not null, flow_id text not null,
      node_id text not null, field text not null, data_key_id text not null, ciphertext text not null,
      created_at bigint not null)`,
    `create index flow_secret_flow_id_index on flow_secret (flow_id)`,
  ],
  postgresql: [
    `create table variable (id uuid primary key, workspace_id uuid not null, owner_id uuid not null,
      name varchar(255) not null, kind varchar(16) not null, data_key_id uuid not null, ciphertext text not null,
      fingerprint varchar(16) not null, default_fields text not null, origin varchar(16) not null,
      created_at bigint not null, updated_at bigint not null, last_used_at bigint null)`,
    `alter table variable add constraint variable_name_unique unique (workspace_id, name)`,
    `create table flow_secret (id uuid primary key, workspace_id uuid not null, flow_id uuid not null,
      node_id varchar(255) not null, field varchar(1024) not null, data_key_id uuid not null, ciphertext text not null,
      created_at bigint not null)`,
    `create index flow_secret_flow_id_index on flow_secret (flow_id)`,
  ],
};
