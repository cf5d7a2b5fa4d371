import type { SqlEntityManager } from '@mikro-orm/sql';
import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  type deleteUser,
  DomainError,
  principalsChanged,
  type ReplyOf,
  type RequestOf,
} from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { endSessionsOf } from '../sessions/end-sessions.ts';
import { MembershipEntity, WorkspaceEntity } from '../workspaces/workspace.entity.ts';
import { DepartureEntity } from './departure.entity.ts';
import { Departures } from './departures.ts';
import { requireAnotherSuperuser } from './superusers.ts';
import { UserEntity } from './user.entity.ts';

type Request = RequestOf<typeof deleteUser>;

/** Removing accounts. */
@Injectable()
export class RemovalsService {
  constructor(
    private readonly database: Database,
    private readonly departures: Departures,
    private readonly events: OwnEvents,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /**
   * Removes an account; whoever presents one of its keys or tokens is a stranger at once. What other services keep of it
   * is written down in the same transaction and dealt with until it is done.
   *
   * @throws DomainError `user_not_found`, `own_account`, `last_superuser`, `heir_not_found`
   */
  async delete(caller: Caller, request: Request): Promise<ReplyOf<typeof deleteUser>> {
    const { userId } = request;
    if (userId === caller.userId) {
      throw new DomainError('own_account', { message: "You can't delete your own user account" });
    }
    await this.events.ready();
    const changed = await this.database.transaction((em) => this.remove(em, caller, request));
    this.bus.emit(principalsChanged, { principals: changed });
    this.departures.start();
    return { userId, changed };
  }

  private async remove(em: SqlEntityManager, caller: Caller, { userId, flows, heirId: wanted }: Request) {
    const now = this.clock.now();
    await endSessionsOf(em, userId, now);
    const known = await em.findOne(UserEntity, { id: userId }, { fields: ['superuser', 'active'] });
    if (known === null) throw new DomainError('user_not_found');
    if (known.superuser && known.active) await requireAnotherSuperuser(em, this.database.dialect, userId);
    const user = await em.findOne(UserEntity, { id: userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (user === null) throw new DomainError('user_not_found');
    const heirId = wanted ?? caller.userId;
    const heir = await em.findOne(UserEntity, { id: heirId, active: true }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (heir === null || heirId === userId) throw new DomainError('heir_not_found');
    const ended = await this.settleWorkspaces(em, userId, heirId, flows === 'delete');
    heir.revision += 1;
    em.remove(user);
    em.create(DepartureEntity, {
      userId,
      heirId: flows === 'transfer' ? heirId : null,
      endedWorkspaceIds: ended,
      departedAt: now,
    });
    const details = { username: user.username, flows, heirId, endedWorkspaces: ended.length };
    await this.events.record(em, { caller, action: 'user.deleted', subjectId: userId, details });
    return [
      { userId, revision: user.revision + 1 },
      { userId: heirId, revision: heir.revision },
    ];
  }

  /**
   * Sees to it that every workspace which goes on has an owner: the heir takes those that the user was the last owner of.
   *
   * @param endsAlone whether workspaces without any other member end
   * @returns those that do
   */
  private async settleWorkspaces(
    em: SqlEntityManager,
    userId: string,
    heirId: string,
    endsAlone: boolean,
  ): Promise<string[]> {
    const memberships = await em.find(MembershipEntity, { userId });
    await em.nativeDelete(MembershipEntity, { userId });
    const ended: string[] = [];
    for (const { workspaceId, role } of memberships) {
      const others = await em.find(MembershipEntity, { workspaceId });
      if (endsAlone && others.length === 0) {
        ended.push(workspaceId);
        await em.nativeDelete(WorkspaceEntity, { id: workspaceId });
        await query(em, 'delete from invitation where workspace_id = $1', [workspaceId]);
      } else if (role === 'owner' && !others.some((other) => other.role === 'owner')) {
        await em.upsert(MembershipEntity, { workspaceId, userId: heirId, role: 'owner' });
        await em.nativeUpdate(WorkspaceEntity, { id: workspaceId }, { ownerId: heirId });
      }
    }
    return ended;
  }
}
