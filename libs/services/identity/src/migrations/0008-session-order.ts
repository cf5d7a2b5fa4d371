import type { Migration } from '@flowkeep/persistence';

/** A person's newest sessions are read with every look-up of the person. */
const index = `create index session_of_user_index on session (user_id, id)`;
const before = `drop index session_user_id_index`;

export const sessionOrder: Migration = {
  name: '0008-session-order',
  sqlite: [index, before],
  postgresql: [index, before],
};
