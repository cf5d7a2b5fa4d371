import type { Migration } from '@flowkeep/persistence';

/** With everything a list is counted, sorted and searched by: of the keys that are not shown only this index is read. */
const index = `create index api_key_list_index on api_key (owner_id, workspace_id, created_at, id, name_lower, prefix)`;
const before = `drop index api_key_owner_id_workspace_id_created_at_index`;

export const keyList: Migration = {
  name: '0005-key-list',
  sqlite: [index, before],
  postgresql: [index, before],
};
