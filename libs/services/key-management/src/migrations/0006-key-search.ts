import type { Migration } from '@flowkeep/persistence';

/** For each way to look for a key, all that its search and the order of its page need. */
const indexes = [
  `drop index api_key_list_index`,
  `create index api_key_list_index on api_key (owner_id, workspace_id, created_at, id)`,
  `create index api_key_name_index on api_key (owner_id, workspace_id, name_lower, created_at, id)`,
  `create index api_key_prefix_index on api_key (owner_id, workspace_id, prefix, name_lower, created_at, id)`,
];

const countAll = `insert into key_total (owner_id, workspace_id, total)
  select owner_id, workspace_id, count(*) from api_key group by owner_id, workspace_id`;

export const keySearch: Migration = {
  name: '0006-key-search',
  sqlite: [
    ...indexes,
    `create table key_total (owner_id text not null, workspace_id text not null, total bigint not null,
      primary key (owner_id, workspace_id))`,
    countAll,
    // A key never changes its owner or workspace.
    `create trigger api_key_counted after insert on api_key begin
      insert into key_total (owner_id, workspace_id, total) values (new.owner_id, new.workspace_id, 1)
        on conflict (owner_id, workspace_id) do update set total = total + 1;
    end`,
    `create trigger api_key_discounted after delete on api_key begin
      update key_total set total = total - 1 where owner_id = old.owner_id and workspace_id = old.workspace_id;
      delete from key_total where owner_id = old.owner_id and workspace_id = old.workspace_id and total = 0;
    end`,
  ],
  postgresql: [
    // The order of code points, as on SQLite: what begins with a text lies between two others.
    `alter table api_key alter column name_lower type varchar(255) collate "C",
      alter column prefix type varchar(8) collate "C"`,
    ...indexes,
    `create table key_total (owner_id uuid not null, workspace_id uuid not null, total bigint not null,
      primary key (owner_id, workspace_id))`,
    countAll,
    // Once for all rows of a statement, always in the same order, so that two of them can't wait for each other.
    `create function count_api_keys() returns trigger language plpgsql set search_path from current as $$ begin
      insert into key_total as t (owner_id, workspace_id, total)
        select owner_id, workspace_id, count(*) from added group by owner_id, workspace_id order by owner_id, workspace_id
        on conflict (owner_id, workspace_id) do update set total = t.total + excluded.total;
      return null;
    end $$`,
    `create function discount_api_keys() returns trigger language plpgsql set search_path from current as $$ begin
      insert into key_total as t (owner_id, workspace_id, total)
        select owner_id, workspace_id, -count(*) from gone group by owner_id, workspace_id order by owner_id, workspace_id
        on conflict (owner_id, workspace_id) do update set total = t.total + excluded.total;
      delete from key_total t using gone g
        where t.owner_id = g.owner_id and t.workspace_id = g.workspace_id and t.total = 0;
      return null;
    end $$`,
    `create trigger api_key_counted after insert on api_key referencing new table as added
      for each statement execute function count_api_keys()`,
    `create trigger api_key_discounted after delete on api_key referencing old table as gone
      for each statement execute function discount_api_keys()`,
  ],
};
