import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { deleteFlows, getFlow, importFlows, listFlows, type RequestOf } from '@flowkeep/contracts';
import { FlowsService } from './flows.service.ts';

@Controller()
export class FlowsController {
  constructor(private readonly flows: FlowsService) {}

  @Handles(importFlows)
  import(request: RequestOf<typeof importFlows>, { caller }: OperationContext<typeof importFlows>) {
    return this.flows.import(caller, request);
  }

  @Handles(listFlows)
  list(request: RequestOf<typeof listFlows>, { caller }: OperationContext<typeof listFlows>) {
    return this.flows.list(caller, request);
  }

  @Handles(getFlow)
  get({ flowId }: RequestOf<typeof getFlow>, { caller }: OperationContext<typeof getFlow>) {
    return this.flows.get(caller, flowId);
  }

  @Handles(deleteFlows)
  delete(request: RequestOf<typeof deleteFlows>, { caller }: OperationContext<typeof deleteFlows>) {
    return this.flows.delete(caller, request);
  }
}
