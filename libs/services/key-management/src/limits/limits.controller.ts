import { Controller } from '@nestjs/common';
import { Handles } from '@flowkeep/bus';
import { leaseKey, type RequestOf, returnLeases } from '@flowkeep/contracts';
import { LeasesService } from './leases.service.ts';

@Controller()
export class LimitsController {
  constructor(private readonly leases: LeasesService) {}

  @Handles(leaseKey)
  lease(request: RequestOf<typeof leaseKey>) {
    return this.leases.lease(request);
  }

  @Handles(returnLeases)
  giveBack(request: RequestOf<typeof returnLeases>) {
    return this.leases.giveBack(request);
  }
}
