import { type Migration, outboxStatements } from '@flowkeep/persistence';

export const initial: Migration = {
  name: '0001-initial',
  sqlite: [
    ...outboxStatements.sqlite,
    `create table data_key (id text not null primary key, workspace_id text null, version integer not null,
      wrapped text not null, created_at bigint not null)`,
    `create unique index data_key_workspace_id_version_unique on data_key (workspace_id, version)`,
    `create table canary (id integer not null primary key, sealed text not null, created_at bigint not null)`,
    `create table system_secret (id text not null primary key, service text not null, name text not null,
      data_key_id text not null, ciphertext text not null, created_at bigint not null)`,
    `create unique index system_secret_service_name_unique on system_secret (service, name)`,
  ],
  postgresql: [
    ...outboxStatements.postgresql,
    `create table data_key (id uuid primary key, workspace_id uuid null, version int not null, wrapped text not null,
      created_at bigint not null)`,
    `alter table data_key add constraint data_key_workspace_id_version_unique unique (workspace_id, version)`,
    `create table canary (id int primary key, sealed text not null, created_at bigint not null)`,
    `create table system_secret (id uuid primary key, service varchar(16) not null, name varchar(128) not null,
      data_key_id uuid not null, ciphertext text not null, created_at bigint not null)`,
    `alter table system_secret add constraint system_secret_service_name_unique unique (service, name)`,
  ],
};
