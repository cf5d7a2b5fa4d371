import type { Migration } from '@flowkeep/persistence';

export const secretCleanup: Migration = {
  name: '0002-secret-cleanup',
  sqlite: [
    `create table secret_cleanup (id text not null primary key, workspace_id text not null, flow_id text not null,
      secret_ids text null, due_at bigint not null)`,
    `create index secret_cleanup_due_at_index on secret_cleanup (due_at)`,
  ],
  postgresql: [
    `create table secret_cleanup (id uuid primary key, workspace_id uuid not null, flow_id uuid not null,
      secret_ids text null, due_at bigint not null)`,
    `create index secret_cleanup_due_at_index on secret_cleanup (due_at)`,
  ],
};
