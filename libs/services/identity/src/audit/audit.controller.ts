import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { appendAudit, type RequestOf } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { AuditService } from './audit.service.ts';

@Controller()
export class AuditController {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  @Handles(appendAudit)
  async append({ events }: RequestOf<typeof appendAudit>, { from }: OperationContext<typeof appendAudit>) {
    await this.audit.ready();
    await this.database.transaction((em) => this.audit.append(em, from, events));
    return { acknowledged: events.length };
  }
}
