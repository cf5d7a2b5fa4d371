import type { Migration } from '@flowkeep/persistence';

export const refreshTokens: Migration = {
  name: '0002-refresh-tokens',
  sqlite: [
    `create table refresh_token (hash text not null primary key, session_id text not null, used_at bigint null,
      successor_secret text null, grace_ends_at bigint null, expires_at bigint not null)`,
    `create index refresh_token_session_id_index on refresh_token (session_id)`,
    `create index refresh_token_grace_ends_at_index on refresh_token (grace_ends_at)`,
    `create index refresh_token_expires_at_index on refresh_token (expires_at)`,
  ],
  postgresql: [
    `create table refresh_token (hash varchar(64) primary key, session_id uuid not null, used_at bigint null,
      successor_secret varchar(64) null, grace_ends_at bigint null, expires_at bigint not null)`,
    `create index refresh_token_session_id_index on refresh_token (session_id)`,
    `create index refresh_token_grace_ends_at_index on refresh_token (grace_ends_at)`,
    `create index refresh_token_expires_at_index on refresh_token (expires_at)`,
  ],
};
