import { query } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';

/** How a name that is taken is numbered. */
interface Numbering {
  readonly before: string;
  readonly after: string;
}

const flowNumbering: Numbering = { before: ' (', after: ')' };
const endpointNumbering: Numbering = { before: '-', after: '' };

/** A name no other flow of this owner has: `Echo`, else `Echo (1)`, `Echo (2)`… */
export async function freeFlowName(
  em: SqlEntityManager,
  owner: { readonly workspaceId: string; readonly ownerId: string },
  name: string,
): Promise<string> {
  const { rows } = await query<{ name: string }>(
    em,
    `select name from flow where workspace_id = $1 and owner_id = $2
      and (name = $3 or substr(name, 1, length(cast($4 as text))) = $4)`,
    [owner.workspaceId, owner.ownerId, name, name + flowNumbering.before],
  );
  return firstFree(name, new Set(rows.map((row) => row.name)), flowNumbering);
}

/** An endpoint name no other flow of the workspace has: `echo`, else `echo-1`, `echo-2`… */
export async function freeEndpointName(em: SqlEntityManager, workspaceId: string, name: string): Promise<string> {
  const { rows } = await query<{ endpoint_name: string }>(
    em,
    `select endpoint_name from flow where workspace_id = $1
      and (endpoint_name = $2 or substr(endpoint_name, 1, length(cast($3 as text))) = $3)`,
    [workspaceId, name, name + endpointNumbering.before],
  );
  return firstFree(name, new Set(rows.map((row) => row.endpoint_name)), endpointNumbering);
}

function firstFree(name: string, taken: ReadonlySet<string>, { before, after }: Numbering): string {
  if (!taken.has(name)) return name;
  let number = 1;
  while (taken.has(`${name}${before}${number}${after}`)) number++;
  return `${name}${before}${number}${after}`;
}
