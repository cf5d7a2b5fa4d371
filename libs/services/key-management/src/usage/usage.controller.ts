import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { keyUsage, reportUsage, type RequestOf } from '@flowkeep/contracts';
import { UsageSeriesService } from './usage-series.service.ts';
import { UsageService } from './usage.service.ts';

@Controller()
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly series: UsageSeriesService,
  ) {}

  @Handles(reportUsage)
  report(request: RequestOf<typeof reportUsage>) {
    return this.usage.report(request);
  }

  @Handles(keyUsage)
  read(request: RequestOf<typeof keyUsage>, { caller }: OperationContext<typeof keyUsage>) {
    return this.series.read(caller, request);
  }
}
