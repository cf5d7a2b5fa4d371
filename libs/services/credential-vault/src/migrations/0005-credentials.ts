import type { Migration } from '@flowkeep/persistence';

export const credentials: Migration = {
  name: '0005-credentials',
  sqlite: [
    `create table credential (id text not null primary key, workspace_id text not null, owner_id text not null,
      name text not null, type text not null, data_key_id text not null, ciphertext text not null,
      fingerprint text not null, created_at bigint not null, updated_at bigint not null)`,
    `create index credential_workspace_id_id_index on credential (workspace_id, id)`,
    `create index credential_data_key_id_index on credential (data_key_id)`,
  ],
  postgresql: [
    `create table credential (id uuid primary key, workspace_id uuid not null, owner_id uuid not null,
      name varchar(255) not null, type varchar(64) not null, data_key_id uuid not null, ciphertext text not null,
      fingerprint varchar(16) not null, created_at bigint not null, updated_at bigint not null)`,
    `create index credential_workspace_id_id_index on credential (workspace_id, id)`,
    `create index credential_data_key_id_index on credential (data_key_id)`,
  ],
};
