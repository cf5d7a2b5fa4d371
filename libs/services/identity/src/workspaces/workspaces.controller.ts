import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  acceptInvitation,
  createInvitation,
  createWorkspace,
  deleteInvitation,
  listInvitations,
  listMembers,
  listWorkspaces,
  removeMember,
  type RequestOf,
  switchWorkspace,
  updateMember,
  updateWorkspace,
} from '@flowkeep/contracts';
import { InvitationsService } from './invitations.service.ts';
import { MembersService } from './members.service.ts';
import { WorkspacesService } from './workspaces.service.ts';

@Controller()
export class WorkspacesController {
  constructor(
    private readonly workspaces: WorkspacesService,
    private readonly members: MembersService,
    private readonly invitations: InvitationsService,
  ) {}

  @Handles(listWorkspaces)
  listWorkspaces(request: RequestOf<typeof listWorkspaces>, { caller }: OperationContext<typeof listWorkspaces>) {
    return this.workspaces.list(caller, request);
  }

  @Handles(createWorkspace)
  createWorkspace(request: RequestOf<typeof createWorkspace>, { caller }: OperationContext<typeof createWorkspace>) {
    return this.workspaces.create(caller, request);
  }

  @Handles(updateWorkspace)
  updateWorkspace(request: RequestOf<typeof updateWorkspace>, { caller }: OperationContext<typeof updateWorkspace>) {
    return this.workspaces.update(caller, request);
  }

  @Handles(switchWorkspace)
  switchWorkspace(request: RequestOf<typeof switchWorkspace>, { caller }: OperationContext<typeof switchWorkspace>) {
    return this.workspaces.switch(caller, request);
  }

  @Handles(listMembers)
  listMembers(_request: RequestOf<typeof listMembers>, { caller }: OperationContext<typeof listMembers>) {
    return this.members.list(caller);
  }

  @Handles(updateMember)
  updateMember(request: RequestOf<typeof updateMember>, { caller }: OperationContext<typeof updateMember>) {
    return this.members.update(caller, request);
  }

  @Handles(removeMember)
  removeMember(request: RequestOf<typeof removeMember>, { caller }: OperationContext<typeof removeMember>) {
    return this.members.remove(caller, request);
  }

  @Handles(createInvitation)
  createInvitation(request: RequestOf<typeof createInvitation>, { caller }: OperationContext<typeof createInvitation>) {
    return this.invitations.create(caller, request);
  }

  @Handles(listInvitations)
  listInvitations(_request: RequestOf<typeof listInvitations>, { caller }: OperationContext<typeof listInvitations>) {
    return this.invitations.list(caller);
  }

  @Handles(deleteInvitation)
  deleteInvitation(request: RequestOf<typeof deleteInvitation>, { caller }: OperationContext<typeof deleteInvitation>) {
    return this.invitations.delete(caller, request);
  }

  @Handles(acceptInvitation)
  acceptInvitation(request: RequestOf<typeof acceptInvitation>, { caller }: OperationContext<typeof acceptInvitation>) {
    return this.invitations.accept(caller, request);
  }
}
