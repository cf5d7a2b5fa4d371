import type { Migration } from '@flowkeep/persistence';

export const mustChangePassword: Migration = {
  name: '0003-must-change-password',
  sqlite: [`alter table app_user add column must_change_password integer not null default false`],
  postgresql: [`alter table app_user add column must_change_password boolean not null default false`],
};
