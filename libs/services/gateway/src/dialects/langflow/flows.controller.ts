import { Controller, Req } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { deleteFlows, DomainError, type Flow, getFlow, importFlows, listFlows, updateFlow } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';
import { GatewayOptions } from '../../gateway-options.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { flowExport, zipOf } from './flow-download.ts';
import { readFlowFile } from './flow-file.ts';
import { langflowRoutes as routes } from './routes/index.ts';
import { flowHeader, flowRead } from './shapes/flow-read.ts';

type JsonObject = Flow['document'];

/** Flows as Langflow's clients manage them. */
@Controller()
export class LangflowFlowsController {
  constructor(
    private readonly bus: Bus,
    private readonly options: GatewayOptions,
    private readonly clock: Clock,
  ) {}

  @Serves(routes.createFlow)
  async create(@Input() { body }: InputOf<typeof routes.createFlow>, @Context() context: CallContext) {
    const [flow] = await this.import([body as JsonObject], null, context);
    return flow;
  }

  @Serves(routes.uploadFlows)
  async upload(
    @Input() { query }: InputOf<typeof routes.uploadFlows>,
    @Req() request: FastifyRequest,
    @Context() context: CallContext,
  ) {
    const documents = await readFlowFile(request, this.options.maxUploadBytes);
    return this.import(documents, query.folder_id ?? null, context);
  }

  @Serves(routes.downloadFlows)
  async download(@Input() { body }: InputOf<typeof routes.downloadFlows>, @Context() context: CallContext) {
    const flows = await this.existing(body, context);
    const [first] = flows;
    if (first === undefined) throw new DomainError('flow_not_found', { message: 'No flows found.' });
    return flows.length === 1 ? flowExport(first) : zipOf(flows, this.clock.now());
  }

  @Serves(routes.listFlows)
  async list(@Input() { query }: InputOf<typeof routes.listFlows>, @Context() context: CallContext) {
    const page = query.get_all ? {} : { skip: (query.page - 1) * query.size, take: query.size };
    const { total, flows } = await this.bus.call(listFlows, { ...page, withDocuments: true }, context);
    const items = flows.map(query.header_flows ? flowHeader : flowRead);
    if (query.get_all) return items;
    return { items, total, page: query.page, size: query.size, pages: Math.ceil(total / query.size) };
  }

  @Serves(routes.getFlow)
  async get(@Input() { params }: InputOf<typeof routes.getFlow>, @Context() context: CallContext) {
    return flowRead(await this.bus.call(getFlow, params, context));
  }

  @Serves(routes.updateFlow)
  async update(@Input() { params, body }: InputOf<typeof routes.updateFlow>, @Context() context: CallContext) {
    return flowRead(await this.bus.call(updateFlow, { ...params, changes: body }, context));
  }

  @Serves(routes.deleteFlow)
  async delete(@Input() { params }: InputOf<typeof routes.deleteFlow>, @Context() context: CallContext) {
    const { deleted } = await this.bus.call(deleteFlows, { flowIds: [params.flowId] }, context);
    if (deleted === 0) throw new DomainError('flow_not_found');
    return { message: 'Flow deleted successfully' };
  }

  @Serves(routes.deleteFlows)
  async deleteMany(@Input() { body }: InputOf<typeof routes.deleteFlows>, @Context() context: CallContext) {
    return this.bus.call(deleteFlows, { flowIds: body }, context);
  }

  /** Those of the flows that there are. */
  private async existing(flowIds: readonly string[], context: CallContext): Promise<Flow[]> {
    const found: Flow[] = [];
    for (const flowId of new Set(flowIds)) {
      try {
        found.push(await this.bus.call(getFlow, { flowId }, context));
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'flow_not_found') throw error;
      }
    }
    return found;
  }

  private async import(documents: JsonObject[], projectId: string | null, context: CallContext) {
    const request = { dialect: 'langflow' as const, documents, projectId };
    const { flows } = await this.bus.call(importFlows, request, context);
    return flows.map(flowRead);
  }
}
