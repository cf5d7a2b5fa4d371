import type { Migration } from '@flowkeep/persistence';

export const references: Migration = {
  name: '0004-references',
  sqlite: [`alter table variable add column source text not null default 'value'`],
  postgresql: [`alter table variable add column source varchar(16) not null default 'value'`],
};
