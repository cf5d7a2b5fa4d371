import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { reportUsage, type RequestOf } from '@flowkeep/contracts';
import { UsageService } from './usage.service.ts';

@Controller()
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  @Handles(reportUsage)
  report(request: RequestOf<typeof reportUsage>) {
    return this.usage.report(request);
  }
}
