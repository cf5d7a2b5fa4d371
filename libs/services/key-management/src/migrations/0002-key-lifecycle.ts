import type { Migration } from '@flowkeep/persistence';

export const keyLifecycle: Migration = {
  name: '0002-key-lifecycle',
  sqlite: [
    `alter table api_key add column name_lower text null`,
    `update api_key set name_lower = lower(name)`,
    `alter table api_key add column addresses json null`,
    `alter table api_key add column rate_limit json null`,
    `alter table api_key add column quota json null`,
    `alter table api_key add column rotated_at bigint null`,
    `alter table api_key add column previous_hash text null`,
    `alter table api_key add column previous_prefix text null`,
    `alter table api_key add column previous_last4 text null`,
    `alter table api_key add column previous_valid_until bigint null`,
    `create unique index api_key_previous_hash_unique on api_key (previous_hash)`,
    `alter table key_usage add column last_address text null`,
    `alter table key_usage add column last_flow text null`,
    `alter table key_usage add column previous_last_used_at bigint null`,
  ],
  postgresql: [
    `alter table api_key add column name_lower varchar(255) null, add column addresses jsonb null,
      add column rate_limit jsonb null, add column quota jsonb null, add column rotated_at bigint null,
      add column previous_hash varchar(64) null, add column previous_prefix varchar(8) null,
      add column previous_last4 varchar(4) null, add column previous_valid_until bigint null`,
    `update api_key set name_lower = lower(name)`,
    `alter table api_key add constraint api_key_previous_hash_unique unique (previous_hash)`,
    `alter table key_usage add column last_address varchar(64) null, add column last_flow varchar(255) null,
      add column previous_last_used_at bigint null`,
  ],
};
