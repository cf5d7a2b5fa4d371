import { Controller } from '@nestjs/common';
import { Handles, type OperationContext } from '@flowkeep/bus';
import { type RequestOf, run, runStream } from '@flowkeep/contracts';
import { RunsService } from './runs.service.ts';

@Controller()
export class RunsController {
  constructor(private readonly runs: RunsService) {}

  @Handles(run)
  run(request: RequestOf<typeof run>, context: OperationContext<typeof run>) {
    return this.runs.run(request, context);
  }

  @Handles(runStream)
  stream(request: RequestOf<typeof runStream>, context: OperationContext<typeof runStream>) {
    return this.runs.stream(request, context);
  }
}
