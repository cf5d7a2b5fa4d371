import type { FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  type deleteFlows,
  DomainError,
  type Flow,
  mayOpenFlow,
  type ReplyOf,
  type RequestOf,
} from '@flowkeep/contracts';
import { AuditOutbox, Database, inWorkspace, query, UuidV7 } from '@flowkeep/persistence';
import { flowEvent } from './flow-event.ts';
import { FlowEntity, type FlowRow } from './flow.entity.ts';
import { FlowVariableEntity } from './flow-variable.entity.ts';
import { toFlow } from './flow-view.ts';
import { SecretCleanup } from './secret-cleanup.ts';

const rowsPerDeletion = 200;
/** What goes with a flow, in the order it is deleted. */
const belongings = ['message', 'run', 'flow_version'] as const;

/** The flows of workspaces: looking one up and deleting. */
@Injectable()
export class FlowsService {
  constructor(
    private readonly database: Database,
    private readonly cleanup: SecretCleanup,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

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
    const wanted = { $and: [{ id: { $in: [...new Set(flowIds)] } }, inWorkspace(caller), inScope(caller)] };
    return { deleted: await this.deleteWhere(wanted, flowIds.length, caller) };
  }

  /**
   * Deletes flows with their versions, runs, messages and secrets.
   *
   * @param actor who does it; null for the server itself
   * @returns how many there were
   */
  async deleteWhere(wanted: FilterQuery<FlowRow>, limit: number, actor: Caller | null): Promise<number> {
    const deleted = await this.database.transaction(async (em) => {
      const rows = await em.find(FlowEntity, wanted, { limit });
      for (const row of rows) {
        const event = { id: this.ids.next(), at: this.clock.now(), workspaceId: row.workspaceId };
        await this.audit.record(em, flowEvent(actor, event, 'flow.deleted', row.id, { name: row.name }));
        await this.cleanup.dropAll(em, row.workspaceId, row.id);
      }
      const ids = rows.map(({ id }) => id);
      await em.nativeDelete(FlowVariableEntity, { flowId: { $in: ids } });
      await em.nativeDelete(FlowEntity, { id: { $in: ids } });
      return ids;
    });
    if (deleted.length > 0) this.cleanup.start();
    for (const flowId of deleted) for (const table of belongings) await this.deleteBelongings(table, flowId);
    return deleted.length;
  }

  private async deleteBelongings(table: (typeof belongings)[number], flowId: string): Promise<void> {
    const sql = `delete from ${table} where id in (select id from ${table} where flow_id = $1 limit ${rowsPerDeletion})`;
    for (let left = rowsPerDeletion; left === rowsPerDeletion;) {
      left = (await this.database.transaction((em) => query(em, sql, [flowId]))).affected;
    }
  }
}

/** The condition that the scope of the caller's key adds; the same rule as `mayOpenFlow`. */
function inScope({ scope }: Caller): object {
  if (scope === undefined || scope.flowIds.length + scope.projectIds.length === 0) return {};
  return { $or: [{ id: { $in: scope.flowIds } }, { projectId: { $in: scope.projectIds } }] };
}
