import { Injectable } from '@nestjs/common';
import type { Caller, FlowSummary, listFlows, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Conditions, Database, prepared } from '@flowkeep/persistence';
import { toFlow, toSummary } from './flow-view.ts';

const columns = `id, workspace_id as "workspaceId", owner_id as "ownerId", project_id as "projectId", dialect, name,
  description, endpoint_name as "endpointName", access, component, webhook, version, created_at as "createdAt",
  updated_at as "updatedAt"`;

/** On SQLite booleans are 0 and 1. */
interface FlowColumns extends Omit<FlowSummary, 'component' | 'webhook'> {
  readonly component: boolean | number;
  readonly webhook: boolean | number;
  /** Only where it was asked for. */
  readonly document?: string;
}

/** Lists flows without making entities of them: clients ask for this list all the time. */
@Injectable()
export class FlowList {
  constructor(private readonly database: Database) {}

  /** The flows the caller may see, newest change first. */
  async list(
    caller: Caller,
    { skip, take, withDocuments }: RequestOf<typeof listFlows>,
  ): Promise<ReplyOf<typeof listFlows>> {
    const visible = new Conditions();
    visible.add((value) => `workspace_id = ${value}`, caller.workspaceId);
    const isScoped = addScope(visible, caller);
    // Lists of a key's flows are of any length: those statements are not kept.
    const kept = isScoped ? (sql: string) => sql : prepared;
    const [counted] = await this.database.execute<{ total: number | string }>(
      kept(`select count(*) as total from flow where ${visible.text}`),
      visible.values,
    );
    const found = await this.database.execute<FlowColumns>(
      kept(`select ${columns}${withDocuments ? ', document' : ''} from flow where ${visible.text}
        order by updated_at desc, id desc limit ${visible.bind(take)} offset ${visible.bind(skip)}`),
      visible.values,
    );
    const flows = found.map(({ document, ...row }) => {
      const fields = { ...row, component: Boolean(row.component), webhook: Boolean(row.webhook) };
      return document === undefined ? toSummary(fields) : toFlow({ ...fields, document });
    });
    return { total: Number(counted?.total), flows };
  }
}

/** Adds what the scope of the caller's key demands; the same rule as `mayOpenFlow`. */
function addScope(visible: Conditions, { scope }: Caller): boolean {
  const either: string[] = [];
  const places = (ids: readonly string[]) => ids.map((id) => visible.bind(id)).join(', ');
  if (scope !== undefined && scope.flowIds.length > 0) either.push(`id in (${places(scope.flowIds)})`);
  if (scope !== undefined && scope.projectIds.length > 0) either.push(`project_id in (${places(scope.projectIds)})`);
  if (either.length === 0) return false;
  visible.add(() => `(${either.join(' or ')})`);
  return true;
}
