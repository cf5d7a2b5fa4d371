import { Controller, Req, StreamableFile } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { run, runStream } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { globalVariablesOf } from './global-variables.ts';
import { langflowRoutes as routes } from './routes/index.ts';
import { toRunRequest } from './run-body.ts';
import { runResponse } from './shapes/run-response.ts';
import { openRunStream } from './run-stream.ts';

/** Running a flow, at once or as a stream of events. */
@Controller()
export class LangflowRunController {
  constructor(private readonly bus: Bus) {}

  @Serves(routes.run)
  async run(
    @Input() { params, query, body }: InputOf<typeof routes.run>,
    @Req() { headers }: FastifyRequest,
    @Context() context: CallContext,
  ): Promise<StreamableFile | ReturnType<typeof runResponse>> {
    const request = { ...toRunRequest(params.flow, body), globalVariables: globalVariablesOf(headers) };
    if (query.stream) return openRunStream(this.bus.stream(runStream, request, context));
    return runResponse(await this.bus.call(run, request, context));
  }
}
