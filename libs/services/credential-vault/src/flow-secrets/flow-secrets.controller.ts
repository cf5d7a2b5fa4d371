import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { dropFlowSecrets, keepFlowSecrets, type RequestOf, resolve } from '@flowkeep/contracts';
import { FlowSecretsService } from './flow-secrets.service.ts';
import { Resolution } from './resolution.ts';

@Controller()
export class FlowSecretsController {
  constructor(
    private readonly secrets: FlowSecretsService,
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

  @Handles(resolve)
  resolve(request: RequestOf<typeof resolve>) {
    return this.resolution.resolve(request);
  }
}
