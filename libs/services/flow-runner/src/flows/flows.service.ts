import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  type deleteFlows,
  DomainError,
  type Flow,
  type importFlows,
  type listFlows,
  mayOpenFlow,
  type ReplyOf,
  type RequestOf,
} from '@flowkeep/contracts';
import { AuditOutbox, Database, inWorkspace, isUniqueViolation, ownedBy, query, UuidV7 } from '@flowkeep/persistence';
import { ProjectsService } from '../projects/projects.service.ts';
import { FlowEntity } from './flow.entity.ts';
import { toFlow, toSummary } from './flow-view.ts';
import { type ReadFlow, readDocuments } from './read-documents.ts';
import { freeEndpointName, freeFlowName } from './unique-names.ts';

/** How often an import that lost a race for a name is tried. */
const importAttempts = 10;
const rowsPerDeletion = 200;
/** What goes with a flow, in the order it is deleted. */
const belongings = ['message', 'run', 'flow_version'] as const;

/** The flows of workspaces: bringing in, looking up, deleting. */
@Injectable()
export class FlowsService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsService,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the flows of an upload, all or none. A flow keeps its id where that is free, and gets a number behind its
   * name and endpoint name where those are taken. Secrets in it are not kept.
   *
   * @throws DomainError `flow_invalid`, `project_not_found`, `insufficient_permission`, `conflict`
   */
  async import(caller: Caller, request: RequestOf<typeof importFlows>): Promise<ReplyOf<typeof importFlows>> {
    const flows = readDocuments(request).map((flow) => ({ ...flow, text: JSON.stringify(flow.document) }));
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.database.transaction(async (em) => {
          const projectId = await this.projects.projectFor(em, caller, request.projectId);
          const stored: Flow[] = [];
          for (const flow of flows) stored.push(await this.store(em, caller, projectId, flow));
          return { flows: stored, lifted: [] };
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        if (attempt === importAttempts) throw new DomainError('conflict', { cause: error });
      }
    }
  }

  /** The flows the caller may see, newest change first. */
  async list(
    caller: Caller,
    { skip, take, withDocuments }: RequestOf<typeof listFlows>,
  ): Promise<ReplyOf<typeof listFlows>> {
    const visible = { ...inWorkspace(caller), ...inScope(caller) };
    return this.database.read(async (em) => {
      const [rows, total] = await em.findAndCount(FlowEntity, visible, {
        orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
        offset: skip,
        limit: take,
        ...(withDocuments ? { populate: ['document'] as const } : {}),
      });
      return { total, flows: rows.map((row) => (withDocuments ? toFlow(row) : toSummary(row))) };
    });
  }

  /** @throws DomainError `flow_not_found`, also for what belongs to others */
  async get(caller: Caller, flowId: string): Promise<Flow> {
    const row = await this.database.read((em) =>
      em.findOne(FlowEntity, { id: flowId, ...inWorkspace(caller) }, { populate: ['document'] }),
    );
    if (row === null || !mayOpenFlow(caller, { ...row, projectId: row.projectId ?? null })) {
      throw new DomainError('flow_not_found');
    }
    return toFlow(row);
  }

  /** Deletes those of the flows that the caller may see, then what belongs to them in small steps. */
  async delete(caller: Caller, { flowIds }: RequestOf<typeof deleteFlows>): Promise<ReplyOf<typeof deleteFlows>> {
    const deleted = await this.database.transaction(async (em) => {
      const rows = await em.find(FlowEntity, {
        $and: [{ id: { $in: [...new Set(flowIds)] } }, inWorkspace(caller), inScope(caller)],
      });
      for (const row of rows) {
        await this.audit.record(em, this.auditEvent(caller, 'flow.deleted', row.id, { name: row.name }));
      }
      const ids = rows.map(({ id }) => id);
      await em.nativeDelete(FlowEntity, { id: { $in: ids } });
      return ids;
    });
    for (const flowId of deleted) for (const table of belongings) await this.deleteBelongings(table, flowId);
    return { deleted: deleted.length };
  }

  private async store(
    em: SqlEntityManager,
    caller: Caller,
    projectId: string,
    { summary, document, text, droppedSecrets }: ReadFlow & { readonly text: string },
  ): Promise<Flow> {
    const owner = ownedBy(caller);
    const { endpointName } = summary;
    const now = this.clock.now();
    const row = {
      id: await this.freeId(em, summary.id),
      ...owner,
      projectId,
      dialect: 'langflow' as const,
      name: await freeFlowName(em, owner, summary.name),
      description: summary.description,
      endpointName: endpointName === null ? null : await freeEndpointName(em, caller.workspaceId, endpointName),
      access: 'private' as const,
      component: summary.component,
      webhook: summary.webhook,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await em.insert(FlowEntity, { ...row, document: text });
    const details = { name: row.name, dialect: row.dialect, droppedSecrets };
    await this.audit.record(em, this.auditEvent(caller, 'flow.imported', row.id, details));
    return { ...row, document };
  }

  private async freeId(em: SqlEntityManager, wanted: string | null): Promise<string> {
    if (wanted === null) return this.ids.next();
    const taken = await em.count(FlowEntity, { id: wanted });
    return taken === 0 ? wanted : this.ids.next();
  }

  private async deleteBelongings(table: (typeof belongings)[number], flowId: string): Promise<void> {
    const sql = `delete from ${table} where id in (select id from ${table} where flow_id = $1 limit ${rowsPerDeletion})`;
    for (let left = rowsPerDeletion; left === rowsPerDeletion;) {
      left = (await this.database.transaction((em) => query(em, sql, [flowId]))).affected;
    }
  }

  private auditEvent(caller: Caller, action: string, flowId: string, details: Record<string, string | number>) {
    return {
      id: this.ids.next(),
      at: this.clock.now(),
      workspaceId: caller.workspaceId,
      actorId: caller.userId,
      keyId: caller.keyId ?? null,
      action,
      subjectId: flowId,
      details,
    };
  }
}

/** The condition that the scope of the caller's key adds; the same rule as `mayOpenFlow`. */
function inScope({ scope }: Caller): object {
  if (scope === undefined || scope.flowIds.length + scope.projectIds.length === 0) return {};
  return { $or: [{ id: { $in: scope.flowIds } }, { projectId: { $in: scope.projectIds } }] };
}
