import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import {
  type Caller,
  DomainError,
  hasRight,
  type listMembers,
  type Member,
  principalsChanged,
  type removeMember,
  type ReplyOf,
  type RequestOf,
  type updateMember,
  type WorkspaceRole,
} from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { SessionEntity } from '../sessions/session.entity.ts';
import { raiseRevisions } from '../users/revisions.ts';
import { UserEntity } from '../users/user.entity.ts';
import { requireRoleWithin, roleOf } from './roles.ts';
import { MembershipEntity, WorkspaceEntity } from './workspace.entity.ts';

interface MemberRow {
  readonly id: string;
  readonly username: string;
  readonly active: number | boolean;
  readonly role: WorkspaceRole;
}

const membersOf = `select u.id, u.username, u.active, m.role from membership m join app_user u on u.id = m.user_id
  where m.workspace_id = $1`;

/** Who belongs to the workspace a request is in, and as what. */
@Injectable()
export class MembersService {
  constructor(
    private readonly database: Database,
    private readonly events: OwnEvents,
    private readonly bus: Bus,
  ) {}

  async list({ workspaceId }: Caller): Promise<ReplyOf<typeof listMembers>> {
    const { rows } = await this.database.read((em) =>
      query<MemberRow>(em, `${membersOf} order by u.username_key`, [workspaceId]),
    );
    return { members: rows.map(toMember) };
  }

  /** @throws DomainError `member_not_found`, `insufficient_permission`, `last_owner` */
  async update(
    caller: Caller,
    { userId, role }: RequestOf<typeof updateMember>,
  ): Promise<ReplyOf<typeof updateMember>> {
    const { workspaceId } = caller;
    await this.events.ready();
    const reply = await this.database.transaction(async (em) => {
      const membership = await this.locked(em, workspaceId, userId);
      const own = await roleOf(em, caller);
      requireRoleWithin(own, role);
      requireRoleWithin(own, membership.role);
      if (role !== 'owner') await this.requireOwnerBeside(em, membership);
      const from = membership.role;
      membership.role = role;
      await em.flush();
      const changed = await raiseRevisions(em, [userId]);
      const member = await this.read(em, workspaceId, userId);
      const details = { from, to: role };
      await this.events.record(em, { caller, action: 'member.changed', subjectId: userId, workspaceId, details });
      return { member, changed };
    });
    this.bus.emit(principalsChanged, { principals: reply.changed });
    return reply;
  }

  /** @throws DomainError `member_not_found`, `insufficient_permission`, `last_owner`, `personal_workspace` */
  async remove(caller: Caller, { userId }: RequestOf<typeof removeMember>): Promise<ReplyOf<typeof removeMember>> {
    const { workspaceId } = caller;
    const leaves = userId === caller.userId && caller.sessionId !== undefined;
    if (!leaves && !hasRight(caller.rights, 'members:manage')) throw new DomainError('insufficient_permission');
    await this.events.ready();
    const [changed] = await this.database.transaction(async (em) => {
      const membership = await this.locked(em, workspaceId, userId);
      if (!leaves) requireRoleWithin(await roleOf(em, caller), membership.role);
      const own = await em.count(UserEntity, { id: userId, defaultWorkspaceId: workspaceId });
      if (own > 0) throw new DomainError('personal_workspace');
      await this.requireOwnerBeside(em, membership);
      await em.nativeDelete(MembershipEntity, { workspaceId, userId });
      await em.nativeUpdate(SessionEntity, { userId, workspaceId }, { workspaceId: null });
      const raised = await raiseRevisions(em, [userId]);
      const details = { role: membership.role };
      await this.events.record(em, { caller, action: 'member.removed', subjectId: userId, workspaceId, details });
      return raised;
    });
    if (changed === undefined) throw new DomainError('member_not_found');
    this.bus.emit(principalsChanged, { principals: [changed] });
    return changed;
  }

  /** The row of the workspace is the lock: two owners can't make each other less at once. */
  private async locked(em: SqlEntityManager, workspaceId: string, userId: string) {
    await em.findOne(WorkspaceEntity, { id: workspaceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    const membership = await em.findOne(MembershipEntity, { workspaceId, userId });
    if (membership === null) throw new DomainError('member_not_found');
    return membership;
  }

  private async requireOwnerBeside(
    em: SqlEntityManager,
    { workspaceId, userId, role }: { workspaceId: string; userId: string; role: WorkspaceRole },
  ): Promise<void> {
    if (role !== 'owner') return;
    const others = await em.count(MembershipEntity, { workspaceId, role: 'owner', userId: { $ne: userId } });
    if (others === 0) throw new DomainError('last_owner');
  }

  private async read(em: SqlEntityManager, workspaceId: string, userId: string): Promise<Member> {
    const { rows } = await query<MemberRow>(em, `${membersOf} and m.user_id = $2`, [workspaceId, userId]);
    const [row] = rows;
    if (row === undefined) throw new DomainError('member_not_found');
    return toMember(row);
  }
}

function toMember({ id, username, active, role }: MemberRow): Member {
  return { userId: id, username, active: Boolean(active), role };
}
