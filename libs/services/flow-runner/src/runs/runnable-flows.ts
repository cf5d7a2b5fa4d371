import { Injectable } from '@nestjs/common';
import { type Caller, DomainError, mayOpenFlow, uuid } from '@flowkeep/contracts';
import { components } from '@flowkeep/flow-components';
import { compile, type Plan } from '@flowkeep/flow-engine';
import type { JsonObject } from '@flowkeep/flow-graph';
import { toGraph } from '@flowkeep/flow-langflow';
import { Database, prepared } from '@flowkeep/persistence';
import { Coalesced } from './coalesced.ts';
import { WeightedLru } from './lru.ts';

/** What a run needs to know of its flow before it starts. */
export interface FlowHead {
  readonly id: string;
  readonly workspaceId: string;
  readonly ownerId: string;
  readonly projectId: string | null;
  readonly version: number;
}

interface HeadRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly owner_id: string;
  readonly project_id: string | null;
  readonly version: number;
}

/** Characters of the documents whose plans are kept; a plan is of the size of its document. */
const keptCharacters = 64 * 1024 * 1024;
/** So that very small flows count too. */
const leastWeight = 16 * 1024;

const head = 'select id, workspace_id, owner_id, project_id, version from flow where workspace_id = $1 and';
const byId = prepared(`${head} id = $2`);
const byEndpointName = prepared(`${head} endpoint_name = $2`);
const documentOf = 'select document from flow where id = $1 and version = $2';

/**
 * Looks up flows for runs and keeps their plans. The head is read for every run, so that a flow that was changed or
 * deleted by any instance counts at once; the plan of one version never changes.
 */
@Injectable()
export class RunnableFlows {
  private readonly heads = new Coalesced<FlowHead | undefined>();
  private readonly plans = new WeightedLru<string, Plan>(keptCharacters);

  constructor(private readonly database: Database) {}

  /**
   * Finds a flow by its id, or by its endpoint name in the caller's workspace.
   *
   * @throws DomainError `flow_not_found`, also for what the caller may not open
   */
  async find(caller: Caller, reference: string): Promise<FlowHead> {
    const flow = await this.heads.get(`${caller.workspaceId}/${reference}`, () => this.readHead(caller, reference));
    if (flow === undefined || !mayOpenFlow(caller, flow)) {
      throw new DomainError('flow_not_found', { message: `Flow identifier ${reference.slice(0, 255)} not found` });
    }
    return flow;
  }

  private async readHead({ workspaceId }: Caller, reference: string): Promise<FlowHead | undefined> {
    // PostgreSQL has no NUL in texts, so that no flow has such a name.
    if (reference.includes('\u0000')) return undefined;
    const isId = uuid.safeParse(reference).success;
    const [row] = isId
      ? await this.database.execute<HeadRow>(byId, [workspaceId, reference.toLowerCase()])
      : await this.database.execute<HeadRow>(byEndpointName, [workspaceId, reference]);
    return (
      row && {
        id: row.id,
        workspaceId: row.workspace_id,
        ownerId: row.owner_id,
        projectId: row.project_id,
        version: row.version,
      }
    );
  }

  /**
   * The plan of the version that was found.
   *
   * @throws DomainError `run_failed` or `run_limit_exceeded` for a flow that can't run; `flow_not_found` when it
   *   changed in between
   */
  async planOf({ id, version }: FlowHead): Promise<Plan> {
    const key = `${id}/${version}`;
    const kept = this.plans.get(key);
    if (kept !== undefined) return kept;
    const [row] = await this.database.execute<{ document: string }>(documentOf, [id, version]);
    if (row === undefined) throw new DomainError('flow_not_found');
    const plan = compile(toGraph(JSON.parse(row.document) as JsonObject), components);
    this.plans.set(key, plan, Math.max(row.document.length, leastWeight));
    return plan;
  }
}
