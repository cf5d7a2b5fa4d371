import type { InferEntity } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type acceptInvitation,
  type Caller,
  type createInvitation,
  type deleteInvitation,
  DomainError,
  type Invitation,
  type listInvitations,
  principalsChanged,
  type ReplyOf,
  type RequestOf,
  workspaceRoles,
} from '@flowkeep/contracts';
import { generateInvitation, hashKey } from '@flowkeep/crypto';
import { Database, query, UuidV7 } from '@flowkeep/persistence';
import { OwnEvents } from '../audit/own-events.ts';
import { raiseRevisions } from '../users/revisions.ts';
import { InvitationEntity } from './invitation.entity.ts';
import { requireRoleWithin, roleOf } from './roles.ts';
import { MembershipEntity, WorkspaceEntity } from './workspace.entity.ts';

/** Ways into a workspace: a token each, good for one person, once. Only its hash is kept. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly database: Database,
    private readonly ids: UuidV7,
    private readonly events: OwnEvents,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `insufficient_permission` for a role above the caller's own */
  async create(
    caller: Caller,
    { role, expiresInSeconds }: RequestOf<typeof createInvitation>,
  ): Promise<ReplyOf<typeof createInvitation>> {
    await this.events.ready();
    const { workspaceId, userId: createdBy } = caller;
    const createdAt = this.clock.now();
    const token = generateInvitation();
    const invitation = {
      id: this.ids.next(),
      role,
      createdBy,
      createdAt,
      expiresAt: createdAt + expiresInSeconds * 1000,
    };
    await this.database.transaction(async (em) => {
      requireRoleWithin(await roleOf(em, caller), role);
      await em.nativeDelete(InvitationEntity, { workspaceId, expiresAt: { $lte: createdAt } });
      em.create(InvitationEntity, { ...invitation, workspaceId, hash: hashKey(token) });
      const { id: subjectId } = invitation;
      await this.events.record(em, { caller, action: 'invitation.created', subjectId, workspaceId, details: { role } });
    });
    return { invitation, token };
  }

  async list({ workspaceId }: Caller): Promise<ReplyOf<typeof listInvitations>> {
    const open = { workspaceId, expiresAt: { $gt: this.clock.now() } };
    const rows = await this.database.read((em) =>
      em.find(InvitationEntity, open, { orderBy: { id: 'desc' }, limit: 1000 }),
    );
    return { invitations: rows.map(toInvitation) };
  }

  /** @throws DomainError `invitation_not_found` */
  async delete(
    caller: Caller,
    { invitationId }: RequestOf<typeof deleteInvitation>,
  ): Promise<ReplyOf<typeof deleteInvitation>> {
    const { workspaceId } = caller;
    await this.events.ready();
    await this.database.transaction(async (em) => {
      const deleted = await em.nativeDelete(InvitationEntity, { id: invitationId, workspaceId });
      if (deleted === 0) throw new DomainError('invitation_not_found');
      await this.events.record(em, { caller, action: 'invitation.deleted', subjectId: invitationId, workspaceId });
    });
    return { invitationId };
  }

  /**
   * Uses an invitation up. Whoever is a member already keeps the higher of the two roles.
   *
   * @throws DomainError `session_required`; `invitation_not_found`, also for one that is used, over, or whose maker may
   *   not give this role any more
   */
  async accept(
    caller: Caller,
    { token }: RequestOf<typeof acceptInvitation>,
  ): Promise<ReplyOf<typeof acceptInvitation>> {
    const { userId } = caller;
    if (caller.sessionId === undefined) throw new DomainError('session_required');
    await this.events.ready();
    const now = this.clock.now();
    const reply = await this.database.transaction(async (em) => {
      // Taking it out is what uses it: of two at once, one finds nothing.
      const taken = await query<Taken>(
        em,
        `delete from invitation where hash = $1 and expires_at > $2 returning id, workspace_id, role, created_by`,
        [hashKey(token), now],
      );
      const [invitation] = taken.rows;
      if (invitation === undefined) throw new DomainError('invitation_not_found');
      const { id: subjectId, workspace_id: workspaceId, created_by: createdBy } = invitation;
      const living = await em.count(WorkspaceEntity, { id: workspaceId, archivedAt: null });
      const maker = await em.findOne(MembershipEntity, { workspaceId, userId: createdBy });
      if (living === 0 || maker === null) throw new DomainError('invitation_not_found');
      requireStill(maker.role, invitation.role);
      const before = await em.findOne(MembershipEntity, { workspaceId, userId });
      const role = before === null ? invitation.role : higher(before.role, invitation.role);
      await em.upsert(MembershipEntity, { workspaceId, userId, role });
      const changed = await raiseRevisions(em, [userId]);
      await this.events.record(em, {
        caller,
        action: 'invitation.accepted',
        subjectId,
        workspaceId,
        details: { role },
      });
      return { workspaceId, role, changed };
    });
    this.bus.emit(principalsChanged, { principals: reply.changed });
    return reply;
  }
}

type Role = Invitation['role'];

interface Taken {
  readonly id: string;
  readonly workspace_id: string;
  readonly role: Role;
  readonly created_by: string;
}

/** An admin who has left, or is less now, lets nobody in any more. */
function requireStill(maker: Role, role: Role): void {
  const managers: readonly Role[] = ['owner', 'admin'];
  if (!managers.includes(maker) || higher(maker, role) !== maker) throw new DomainError('invitation_not_found');
}

function higher(left: Role, right: Role): Role {
  return workspaceRoles.indexOf(left) <= workspaceRoles.indexOf(right) ? left : right;
}

function toInvitation({ id, role, createdBy, createdAt, expiresAt }: InferEntity<typeof InvitationEntity>): Invitation {
  return { id, role, createdBy, createdAt, expiresAt };
}
