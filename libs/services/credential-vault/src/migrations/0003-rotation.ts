import type { Migration } from '@flowkeep/persistence';

/**
 * Secret keys get a row each, and data keys a wrap for each of them, so that two secret keys can open the same data while
 * one takes over from the other. What is there already belongs to a secret key without an id until the vault starts next.
 */
export const rotation: Migration = {
  name: '0003-rotation',
  sqlite: [
    `create table secret_key (id text not null primary key, role text null, sealed text not null,
      created_at bigint not null, changed_at bigint not null)`,
    `create unique index secret_key_role_unique on secret_key (role)`,
    `insert into secret_key (id, role, sealed, created_at, changed_at)
      select '', 'current', sealed, created_at, created_at from canary`,
    `drop table canary`,
    `create table data_key_wrap (data_key_id text not null, secret_key_id text not null, wrapped text not null,
      created_at bigint not null, verified_at bigint null, primary key (data_key_id, secret_key_id))`,
    `create index data_key_wrap_secret_key_id_verified_at_index on data_key_wrap (secret_key_id, verified_at)`,
    `insert into data_key_wrap (data_key_id, secret_key_id, wrapped, created_at, verified_at)
      select id, '', wrapped, created_at, created_at from data_key`,
    `alter table data_key drop column wrapped`,
    `alter table data_key add column rotation_id text null`,
    `alter table data_key add column retired_at bigint null`,
    `create index data_key_retired_at_index on data_key (retired_at)`,
    `create index variable_data_key_id_index on variable (data_key_id)`,
    `create index flow_secret_data_key_id_index on flow_secret (data_key_id)`,
    `create table rotation (id text not null primary key, kind text not null, workspace_id text null,
      secret_key_id text null, state text not null, running integer null, total integer not null,
      done integer not null, unreadable integer not null, started_at bigint not null, updated_at bigint not null,
      finished_at bigint null)`,
    `create unique index rotation_running_unique on rotation (running)`,
  ],
  postgresql: [
    `create table secret_key (id varchar(16) primary key, role varchar(16) null, sealed text not null,
      created_at bigint not null, changed_at bigint not null)`,
    `alter table secret_key add constraint secret_key_role_unique unique (role)`,
    `insert into secret_key (id, role, sealed, created_at, changed_at)
      select '', 'current', sealed, created_at, created_at from canary`,
    `drop table canary`,
    `create table data_key_wrap (data_key_id uuid not null, secret_key_id varchar(16) not null, wrapped text not null,
      created_at bigint not null, verified_at bigint null, primary key (data_key_id, secret_key_id))`,
    `create index data_key_wrap_secret_key_id_verified_at_index on data_key_wrap (secret_key_id, verified_at)`,
    `insert into data_key_wrap (data_key_id, secret_key_id, wrapped, created_at, verified_at)
      select id, '', wrapped, created_at, created_at from data_key`,
    `alter table data_key drop column wrapped`,
    `alter table data_key add column rotation_id uuid null`,
    `alter table data_key add column retired_at bigint null`,
    `create index data_key_retired_at_index on data_key (retired_at)`,
    `create index variable_data_key_id_index on variable (data_key_id)`,
    `create index flow_secret_data_key_id_index on flow_secret (data_key_id)`,
    `create table rotation (id uuid primary key, kind varchar(16) not null, workspace_id uuid null,
      secret_key_id varchar(16) null, state varchar(16) not null, running int null, total int not null,
      done int not null, unreadable int not null, started_at bigint not null, updated_at bigint not null,
      finished_at bigint null)`,
    `alter table rotation add constraint rotation_running_unique unique (running)`,
  ],
};
