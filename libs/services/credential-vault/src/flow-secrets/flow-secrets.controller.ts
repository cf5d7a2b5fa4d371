import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { dropFlowSecrets, keepFlowSecrets, promoteFlowSecret, type RequestOf, resolve } from '@flowkeep/contracts';
import { FlowSecretsService } from './flow-secrets.service.ts';
import { Promotion } from './promotion.ts';
import { Resolution } from './resolution.ts';

@Controller()
export class FlowSecretsController {
  constructor(
    private readonly secrets: FlowSecretsService,
    private readonly promotion: Promotion,
    private readonly resolution: Resolution,
  ) {}

  @Handles(keepFlowSecrets)
  keep(request: RequestOf<typeof keepFlowSecrets>) {
    return this.secrets.keep(request);
  }

  @Handles(dropFlowSecrets)
  drop(request: RequestOf<typeof dropFlowSecrets>) {
    return this.secrets.drop(request);
  }

  @Handles(promoteFlowSecret)
  promote(request: RequestOf<typeof promoteFlowSecret>, { caller }: OperationContext<typeof promoteFlowSecret>) {
    return this.promotion.promote(caller, request);
  }

  @Handles(resolve)
  resolve(request: RequestOf<typeof resolve>) {
    return this.resolution.resolve(request);
  }
}
