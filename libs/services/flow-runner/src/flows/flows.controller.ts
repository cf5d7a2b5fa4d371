import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  deleteFlows,
  getFlow,
  importFlows,
  listFlows,
  releaseOwner,
  type RequestOf,
  updateFlow,
} from '@flowkeep/contracts';
import { FlowImports } from './flow-imports.ts';
import { FlowSaves } from './flow-saves.ts';
import { FlowsService } from './flows.service.ts';
import { OwnerRelease } from './owner-release.ts';

@Controller()
export class FlowsController {
  constructor(
    private readonly flows: FlowsService,
    private readonly imports: FlowImports,
    private readonly saves: FlowSaves,
    private readonly ownerRelease: OwnerRelease,
  ) {}

  @Handles(importFlows)
  import(request: RequestOf<typeof importFlows>, { caller }: OperationContext<typeof importFlows>) {
    return this.imports.import(caller, request);
  }

  @Handles(listFlows)
  list(request: RequestOf<typeof listFlows>, { caller }: OperationContext<typeof listFlows>) {
    return this.flows.list(caller, request);
  }

  @Handles(getFlow)
  get({ flowId }: RequestOf<typeof getFlow>, { caller }: OperationContext<typeof getFlow>) {
    return this.flows.get(caller, flowId);
  }

  @Handles(updateFlow)
  save(request: RequestOf<typeof updateFlow>, { caller }: OperationContext<typeof updateFlow>) {
    return this.saves.save(caller, request);
  }

  @Handles(deleteFlows)
  delete(request: RequestOf<typeof deleteFlows>, { caller }: OperationContext<typeof deleteFlows>) {
    return this.flows.delete(caller, request);
  }

  @Handles(releaseOwner)
  release(request: RequestOf<typeof releaseOwner>) {
    return this.ownerRelease.release(request);
  }
}
