import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { appendAudit, exportAudit, listAudit, type RequestOf } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { AuditReader } from './audit-reader.ts';
import { AuditService } from './audit.service.ts';

@Controller()
export class AuditController {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly reader: AuditReader,
  ) {}

  @Handles(appendAudit)
  async append({ events }: RequestOf<typeof appendAudit>, { from }: OperationContext<typeof appendAudit>) {
    await this.audit.ready();
    await this.database.transaction((em) => this.audit.append(em, from, events));
    return { acknowledged: events.length };
  }

  @Handles(listAudit)
  list(request: RequestOf<typeof listAudit>) {
    return this.reader.list(request);
  }

  @Handles(exportAudit)
  export(request: RequestOf<typeof exportAudit>) {
    return this.reader.export(request);
  }
}
