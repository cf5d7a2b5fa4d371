import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  type createWorkspace,
  DomainError,
  hasRight,
  type listWorkspaces,
  principalsChanged,
  type ReplyOf,
  type RequestOf,
  type switchWorkspace,
  type updateWorkspace,
  type Workspace,
  type WorkspaceRole,
} from '@flowkeep/contracts';
import { Database, query, UuidV7 } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { SessionEntity } from '../sessions/session.entity.ts';
import { raiseRevisions } from '../users/revisions.ts';
import { MembershipEntity, WorkspaceEntity } from './workspace.entity.ts';

interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly role: WorkspaceRole | null;
  readonly personal: number | boolean;
  /** Counts and times may come as texts. */
  readonly members: number | string;
  readonly created_at: number | string;
  readonly archived_at: number | string | null;
}

/** Every column as the caller sees it; `$1` is the caller. */
const asSeenBy = `select w.id, w.name, m.role, w.created_at, w.archived_at,
    exists (select 1 from app_user u where u.default_workspace_id = w.id) as personal,
    (select count(*) from membership a where a.workspace_id = w.id) as members
  from workspace w left join membership m on m.workspace_id = w.id and m.user_id = $1`;

/** Workspaces: what flows, keys and secrets belong to. */
@Injectable()
export class WorkspacesService {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly events: OwnEvents,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `insufficient_permission` */
  async list(caller: Caller, { all }: RequestOf<typeof listWorkspaces>): Promise<ReplyOf<typeof listWorkspaces>> {
    if (all && !hasRight(caller.rights, 'users:manage')) throw new DomainError('insufficient_permission');
    const sql = `${asSeenBy} ${all ? '' : 'where m.role is not null'} order by w.created_at, w.id`;
    const { rows } = await this.database.read((em) => query<WorkspaceRow>(em, sql, [caller.userId]));
    return { workspaces: rows.map(toWorkspace) };
  }

  async create(caller: Caller, { name }: RequestOf<typeof createWorkspace>): Promise<ReplyOf<typeof createWorkspace>> {
    await this.events.ready();
    const { userId } = caller;
    const id = this.ids.next();
    const reply = await this.database.transaction(async (em) => {
      em.create(WorkspaceEntity, { id, name, ownerId: userId, createdAt: this.clock.now(), archivedAt: null });
      em.create(MembershipEntity, { workspaceId: id, userId, role: 'owner' });
      await em.flush();
      const changed = await raiseRevisions(em, [userId]);
      const workspace = await this.seenBy(em, userId, id);
      const happened = { caller, action: 'workspace.created', subjectId: id, workspaceId: id, details: { name } };
      await this.events.record(em, happened);
      return { workspace, changed };
    });
    this.bus.emit(principalsChanged, { principals: reply.changed });
    return reply;
  }

  /**
   * @throws DomainError `workspace_not_found`, also for what the caller may not see; `insufficient_permission`,
   *   `personal_workspace`
   */
  async update(caller: Caller, request: RequestOf<typeof updateWorkspace>): Promise<ReplyOf<typeof updateWorkspace>> {
    await this.events.ready();
    const reply = await this.database.transaction((em) => this.change(em, caller, request));
    if (reply.changed.length > 0) this.bus.emit(principalsChanged, { principals: reply.changed });
    return reply;
  }

  /** Sessions alone are switched; a key belongs to its workspace. */
  async switch(
    { userId, sessionId }: Caller,
    { workspaceId }: RequestOf<typeof switchWorkspace>,
  ): Promise<ReplyOf<typeof switchWorkspace>> {
    if (sessionId === undefined) throw new DomainError('session_required');
    const [changed] = await this.database.transaction(async (em) => {
      const workspace = await this.seenBy(em, userId, workspaceId);
      if (workspace.role === null || workspace.archivedAt !== null) throw new DomainError('workspace_not_found');
      await em.nativeUpdate(SessionEntity, { id: sessionId, userId }, { workspaceId });
      return raiseRevisions(em, [userId]);
    });
    if (changed === undefined) throw new DomainError('workspace_not_found');
    this.bus.emit(principalsChanged, { principals: [changed] });
    return changed;
  }

  private async change(
    em: SqlEntityManager,
    caller: Caller,
    { workspaceId, name, archived }: RequestOf<typeof updateWorkspace>,
  ): Promise<ReplyOf<typeof updateWorkspace>> {
    const workspace = await this.seenBy(em, caller.userId, workspaceId);
    requireManager(caller, workspace);
    if (archived === true && workspace.personal) throw new DomainError('personal_workspace');
    const facts = { subjectId: workspaceId, workspaceId, caller };
    const events = [];
    if (name !== undefined && name !== workspace.name) {
      await em.nativeUpdate(WorkspaceEntity, { id: workspaceId }, { name });
      events.push({ ...facts, action: 'workspace.renamed', details: { from: workspace.name, to: name } });
    }
    let changed: { userId: string; revision: number }[] = [];
    if (archived !== undefined && archived !== (workspace.archivedAt !== null)) {
      await em.nativeUpdate(WorkspaceEntity, { id: workspaceId }, { archivedAt: archived ? this.clock.now() : null });
      const members = await em.find(MembershipEntity, { workspaceId }, { limit: 1000 });
      changed = await raiseRevisions(
        em,
        members.map(({ userId }) => userId),
      );
      events.push({ ...facts, action: archived ? 'workspace.archived' : 'workspace.restored' });
    }
    const reply = { workspace: await this.seenBy(em, caller.userId, workspaceId), changed };
    await this.events.record(em, ...events);
    return reply;
  }

  private async seenBy(em: SqlEntityManager, userId: string, workspaceId: string): Promise<Workspace> {
    const { rows } = await query<WorkspaceRow>(em, `${asSeenBy} where w.id = $2`, [userId, workspaceId]);
    const [row] = rows;
    if (row === undefined) throw new DomainError('workspace_not_found');
    return toWorkspace(row);
  }
}

/** Its owners, as far as their key or session lets them, and whoever manages users. */
function requireManager(caller: Caller, { id, role }: Workspace): void {
  if (hasRight(caller.rights, 'users:manage')) return;
  if (role === null) throw new DomainError('workspace_not_found');
  // An archived workspace gives nobody a right any more; its owner, signed in, may still bring it back.
  const own = role === 'owner' && caller.sessionId !== undefined;
  if (own || (id === caller.workspaceId && hasRight(caller.rights, 'workspaces:manage'))) return;
  throw new DomainError('insufficient_permission');
}

function toWorkspace(row: WorkspaceRow): Workspace {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    personal: Boolean(row.personal),
    members: Number(row.members),
    createdAt: Number(row.created_at),
    archivedAt: row.archived_at === null ? null : Number(row.archived_at),
  };
}
