import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { dropWorkspace, type RequestOf } from '@flowkeep/contracts';
import { EndedWorkspaces } from './ended-workspaces.ts';

@Controller()
export class WorkspacesController {
  constructor(private readonly ended: EndedWorkspaces) {}

  @Handles(dropWorkspace)
  drop(request: RequestOf<typeof dropWorkspace>) {
    return this.ended.drop(request);
  }
}
