import type { Migration } from '@flowkeep/persistence';

export const accounts: Migration = {
  name: '0007-accounts',
  sqlite: [
    `alter table app_user add column email text null`,
    `alter table app_user add column email_key text null`,
    `alter table app_user add column optins json not null default '{}'`,
    `create unique index app_user_email_key_unique on app_user (email_key)`,
    `alter table session add column workspace_id text null`,
    `alter table workspace add column archived_at bigint null`,
    `create table invitation (id text not null primary key, workspace_id text not null, role text not null,
      hash text not null, created_by text not null, created_at bigint not null, expires_at bigint not null)`,
    `create unique index invitation_hash_unique on invitation (hash)`,
    `create index invitation_workspace_id_index on invitation (workspace_id)`,
    `create table departure (user_id text not null primary key, heir_id text null, ended_workspace_ids json not null,
      departed_at bigint not null)`,
  ],
  postgresql: [
    `alter table app_user add column email varchar(255) null, add column email_key varchar(255) null,
      add column optins jsonb not null default '{}'`,
    `alter table app_user add constraint app_user_email_key_unique unique (email_key)`,
    `alter table session add column workspace_id uuid null`,
    `alter table workspace add column archived_at bigint null`,
    `create table invitation (id uuid primary key, workspace_id uuid not null, role varchar(16) not null,
      hash varchar(64) not null, created_by uuid not null, created_at bigint not null, expires_at bigint not null)`,
    `alter table invitation add constraint invitation_hash_unique unique (hash)`,
    `create index invitation_workspace_id_index on invitation (workspace_id)`,
    `create table departure (user_id uuid primary key, heir_id uuid null, ended_workspace_ids jsonb not null,
      departed_at bigint not null)`,
  ],
};
