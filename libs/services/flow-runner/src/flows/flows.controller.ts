import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import {
  deleteFlows,
  getFlow,
  importFlows,
  listFlows,
  listVariableUses,
  promoteSecret,
  releaseOwner,
  type RequestOf,
  updateFlow,
  variableUse,
} from '@flowkeep/contracts';
import { FlowImports } from './flow-imports.ts';
import { FlowSaves } from './flow-saves.ts';
import { FlowList } from './flow-list.ts';
import { FlowsService } from './flows.service.ts';
import { OwnerRelease } from './owner-release.ts';
import { SecretPromotion } from './secret-promotion.ts';
import { VariableUses } from './variable-uses.ts';

@Controller()
export class FlowsController {
  constructor(
    private readonly flows: FlowsService,
    private readonly flowList: FlowList,
    private readonly imports: FlowImports,
    private readonly saves: FlowSaves,
    private readonly promotion: SecretPromotion,
    private readonly uses: VariableUses,
    private readonly ownerRelease: OwnerRelease,
  ) {}

  @Handles(importFlows)
  import(request: RequestOf<typeof importFlows>, { caller }: OperationContext<typeof importFlows>) {
    return this.imports.import(caller, request);
  }

  @Handles(listFlows)
  list(request: RequestOf<typeof listFlows>, { caller }: OperationContext<typeof listFlows>) {
    return this.flowList.list(caller, request);
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

  @Handles(promoteSecret)
  promote(request: RequestOf<typeof promoteSecret>, context: OperationContext<typeof promoteSecret>) {
    return this.promotion.promote(request, context);
  }

  @Handles(listVariableUses)
  listUses(request: RequestOf<typeof listVariableUses>, { caller }: OperationContext<typeof listVariableUses>) {
    return this.uses.list(caller, request);
  }

  @Handles(variableUse)
  usesOf(request: RequestOf<typeof variableUse>, { caller }: OperationContext<typeof variableUse>) {
    return this.uses.of(caller, request);
  }

  @Handles(releaseOwner)
  release(request: RequestOf<typeof releaseOwner>) {
    return this.ownerRelease.release(request);
  }
}
