import { Controller } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { exportAudit, type FrameOf, type RequestOf } from '@flowkeep/contracts';
import { Context, Input } from '../../routing/input.ts';
import { Serves } from '../../routing/serves.ts';
import { linesFile } from './lines-file.ts';
import { nativeRoutes } from './routes.ts';

/** The audit log as a file. */
@Controller()
export class NativeAuditController {
  constructor(private readonly bus: Bus) {}

  @Serves(nativeRoutes.exportAudit)
  export(@Input() { query }: { query: RequestOf<typeof exportAudit> }, @Context() context: CallContext) {
    return linesFile('audit.ndjson', entries(this.bus.stream(exportAudit, query, context)));
  }
}

async function* entries(frames: AsyncIterable<FrameOf<typeof exportAudit>>): AsyncIterable<readonly unknown[]> {
  for await (const { events } of frames) yield events;
}
