import type { Migration } from '@flowkeep/persistence';

export const signInThrottle: Migration = {
  name: '0006-sign-in-throttle',
  sqlite: [
    `create table sign_in_throttle (id text not null primary key, failures integer not null,
      last_failed_at bigint not null, unreported integer not null, unreported_since bigint not null, user_id text null,
      address text not null)`,
    `create index sign_in_throttle_last_failed_at_index on sign_in_throttle (last_failed_at)`,
    `create table sign_in_address (account text not null, address text not null, used_at bigint not null,
      primary key (account, address))`,
    `create index sign_in_address_used_at_index on sign_in_address (used_at)`,
  ],
  postgresql: [
    `create table sign_in_throttle (id varchar(80) primary key, failures int not null, last_failed_at bigint not null,
      unreported int not null, unreported_since bigint not null, user_id uuid null, address varchar(64) not null)`,
    `create index sign_in_throttle_last_failed_at_index on sign_in_throttle (last_failed_at)`,
    `create table sign_in_address (account varchar(64) not null, address varchar(64) not null, used_at bigint not null,
      primary key (account, address))`,
    `create index sign_in_address_used_at_index on sign_in_address (used_at)`,
  ],
};
