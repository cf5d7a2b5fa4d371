import type { Migration } from '@flowkeep/persistence';

export const examplesPending: Migration = {
  name: '0004-examples-pending',
  sqlite: [`alter table app_user add column examples_pending integer not null default false`],
  postgresql: [`alter table app_user add column examples_pending boolean not null default false`],
};
