import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import {
  type Caller,
  hasRight,
  type listVariableUses,
  type ReplyOf,
  type RequestOf,
  type variableUse,
} from '@flowkeep/contracts';
import { Database, query, type SqlValue } from '@flowkeep/persistence';

type Use = ReplyOf<typeof listVariableUses>['uses'][number];

interface UseRow {
  readonly variable: string;
  readonly flow_id: string;
  readonly name: string;
  readonly total: number | string;
}

/** Flows that are told of each variable. */
const mostFlows = 100;

/** Which flows take which variables. */
@Injectable()
export class VariableUses {
  constructor(private readonly database: Database) {}

  /** Of the flows the caller may see, by the names of the variables. */
  async list(
    caller: Caller,
    { name, after, take }: RequestOf<typeof listVariableUses>,
  ): Promise<ReplyOf<typeof listVariableUses>> {
    return this.database.read(async (em) => {
      const visible = visibleTo(caller);
      const wanted = [
        ...(name === undefined ? [] : [`used.name = ${visible.bind(name)}`]),
        ...(after === undefined ? [] : [`used.name > ${visible.bind(after)}`]),
      ].map((condition) => ` and ${condition}`);
      const { rows } = await query<{ name: string }>(
        em,
        `select distinct used.name ${visible.from}${wanted.join('')} order by used.name limit ${take + 1}`,
        visible.parameters,
      );
      const names = rows.slice(0, take).map((row) => row.name);
      return { uses: await usesOf(em, caller, names), next: rows.length > take ? (names.at(-1) ?? null) : null };
    });
  }

  /** Whether any flow of the workspace takes it, also those that the caller may not see. */
  async of(caller: Caller, { name }: RequestOf<typeof variableUse>): Promise<ReplyOf<typeof variableUse>> {
    return this.database.read(async (em) => {
      const { rows } = await query<{ total: number | string }>(
        em,
        'select count(*) as total from flow_variable where workspace_id = $1 and name = $2',
        [caller.workspaceId, name],
      );
      const uses = hasRight(caller.rights, 'flows:view') ? await usesOf(em, caller, [name]) : [];
      return { total: Number(rows[0]?.total ?? 0), usedBy: uses[0]?.usedBy ?? [] };
    });
  }
}

async function usesOf(em: SqlEntityManager, caller: Caller, names: readonly string[]): Promise<Use[]> {
  if (names.length === 0) return [];
  const { from, bind, parameters } = visibleTo(caller);
  const { rows } = await query<UseRow>(
    em,
    `select variable, flow_id, name, total from (
      select used.name as variable, flow.id as flow_id, flow.name as name,
        count(*) over (partition by used.name) as total,
        row_number() over (partition by used.name order by flow.updated_at desc, flow.id desc) as place
      ${from} and used.name in (${names.map(bind).join(', ')})
    ) as uses where place <= ${mostFlows} order by variable, place`,
    parameters,
  );
  const uses = new Map<string, Use>();
  for (const { variable, flow_id: flowId, name, total } of rows) {
    const use = uses.get(variable) ?? { variable, total: Number(total), usedBy: [] };
    use.usedBy.push({ flowId, name });
    uses.set(variable, use);
  }
  return [...uses.values()];
}

/** What the flows that a caller may see use, as a part of a statement; the same rule as `mayOpenFlow`. */
function visibleTo({ workspaceId, scope }: Caller) {
  const parameters: SqlValue[] = [];
  const bind = (value: string) => `$${parameters.push(value)}`;
  const own = `used.workspace_id = ${bind(workspaceId)}`;
  const allowed = Object.entries({ id: scope?.flowIds ?? [], project_id: scope?.projectIds ?? [] })
    .filter(([, ids]) => ids.length > 0)
    .map(([column, ids]) => `flow.${column} in (${ids.map(bind).join(', ')})`);
  const within = allowed.length === 0 ? '' : ` and (${allowed.join(' or ')})`;
  return {
    from: `from flow_variable used join flow on flow.id = used.flow_id where ${own}${within}`,
    bind,
    parameters,
  };
}
