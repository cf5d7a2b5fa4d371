import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { ReplyOf, releaseOwner, RequestOf } from '@flowkeep/contracts';
import { AuditOutbox, Database, UuidV7 } from '@flowkeep/persistence';
import { ProjectEntity } from '../projects/project.entity.ts';
import { flowEvent } from './flow-event.ts';
import { FlowEntity } from './flow.entity.ts';
import { FlowsService } from './flows.service.ts';
import { freeFlowName } from './unique-names.ts';

/** Flows one call deals with; each may have many runs to delete. */
const flowsPerCall = 20;

/** What becomes of the flows and projects of users who were deleted. */
@Injectable()
export class OwnerRelease {
  constructor(
    private readonly database: Database,
    private readonly flows: FlowsService,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** Does a part of the work; the reply says whether that was all. */
  async release(request: RequestOf<typeof releaseOwner>): Promise<ReplyOf<typeof releaseOwner>> {
    const { userId, heirId, endedWorkspaceIds } = request;
    const ended = { workspaceId: { $in: endedWorkspaceIds } };
    if (endedWorkspaceIds.length > 0 && (await this.flows.deleteWhere(ended, flowsPerCall, null)) > 0) {
      return { done: false };
    }
    const handled =
      heirId === null
        ? await this.flows.deleteWhere({ ownerId: userId }, flowsPerCall, null)
        : await this.handOver(userId, heirId);
    if (handled > 0) return { done: false };
    await this.database.transaction(async (em) => {
      await em.nativeDelete(ProjectEntity, ended);
      if (heirId !== null) await em.nativeUpdate(ProjectEntity, { ownerId: userId }, { ownerId: heirId });
    });
    return { done: true };
  }

  /** A name the heir has already in that workspace is numbered. */
  private handOver(userId: string, heirId: string): Promise<number> {
    return this.database.transaction(async (em) => {
      const rows = await em.find(FlowEntity, { ownerId: userId }, { limit: flowsPerCall, orderBy: { id: 'asc' } });
      for (const row of rows) {
        const { id, workspaceId } = row;
        const name = await freeFlowName(em, { workspaceId, ownerId: heirId }, row.name);
        // The row as it is: what was loaded of it must not be written back.
        await em.nativeUpdate(FlowEntity, { id }, { ownerId: heirId, name });
        const event = { id: this.ids.next(), at: this.clock.now(), workspaceId };
        const details = { name, from: userId, to: heirId };
        await this.audit.record(em, flowEvent(null, event, 'flow.transferred', id, details));
      }
      return rows.length;
    });
  }
}
