import { Controller } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { deleteFlows, DomainError, type NativeInput, type NativeReply } from '@flowkeep/contracts';
import { Context, Input } from '../../routing/input.ts';
import { Serves } from '../../routing/serves.ts';
import { nativeRoutes } from './routes.ts';

/** What of flows is more than one operation. */
@Controller()
export class NativeFlowsController {
  constructor(private readonly bus: Bus) {}

  @Serves(nativeRoutes.deleteFlow)
  async delete(
    @Input() { params }: NativeInput<'deleteFlow'>,
    @Context() context: CallContext,
  ): Promise<NativeReply<'deleteFlow'>> {
    const { deleted } = await this.bus.call(deleteFlows, { flowIds: [params.flowId] }, context);
    if (deleted === 0) throw new DomainError('flow_not_found');
    return params;
  }
}
