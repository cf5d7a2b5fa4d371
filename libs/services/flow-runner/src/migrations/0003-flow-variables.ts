import type { Migration } from '@flowkeep/persistence';

/** Which variables a flow takes by name. For the flows that are there already they are looked for in the documents. */
export const flowVariables: Migration = {
  name: '0003-flow-variables',
  sqlite: [
    `create table flow_variable (flow_id text not null, name text not null, workspace_id text not null,
      primary key (flow_id, name))`,
    `create index flow_variable_workspace_id_name_index on flow_variable (workspace_id, name)`,
    `insert into flow_variable (flow_id, name, workspace_id)
      select distinct flow.id, json_extract(flow.document, mark.path || '.value'), flow.workspace_id
      from flow, json_tree(flow.document) as mark
      where mark.key = 'load_from_db' and mark.type = 'true'
        and json_type(flow.document, mark.path || '.value') = 'text'
        and length(json_extract(flow.document, mark.path || '.value')) between 1 and 255`,
  ],
  postgresql: [
    `create table flow_variable (flow_id uuid not null, name varchar(255) not null, workspace_id uuid not null,
      primary key (flow_id, name))`,
    `create index flow_variable_workspace_id_name_index on flow_variable (workspace_id, name)`,
    // A document with characters that jsonb does not take gets its rows when it is saved next.
    `insert into flow_variable (flow_id, name, workspace_id)
      select distinct flow.id, named.value #>> '{}', flow.workspace_id
      from (select id, workspace_id, case when document !~* '\\\\u(0000|d[89a-f])' then document::jsonb end as document
        from flow) as flow,
        jsonb_path_query(flow.document, 'strict $.** ? (@.type() == "object" && @.load_from_db == true).value') as named (value)
      where jsonb_typeof(named.value) = 'string' and length(named.value #>> '{}') between 1 and 255`,
  ],
};
