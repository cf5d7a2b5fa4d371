import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  DomainError,
  type Flow,
  type importFlows,
  type ReplyOf,
  type RequestOf,
} from '@flowkeep/contracts';
import { hideSecrets } from '@flowkeep/flow-langflow';
import { AuditOutbox, Database, isUniqueViolation, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { ProjectsService } from '../projects/projects.service.ts';
import { FieldDefaults, type FilledFlow } from './field-defaults.ts';
import { flowEvent } from './flow-event.ts';
import { FlowEntity } from './flow.entity.ts';
import { FlowSecrets, type LiftedDocument } from './flow-secrets.ts';
import { noteVariables } from './flow-variables.ts';
import { readDocuments } from './read-documents.ts';
import { SecretCleanup } from './secret-cleanup.ts';
import { freeEndpointName, freeFlowName } from './unique-names.ts';

/** How often an import that lost a race for a name or an id is tried. */
const importAttempts = 10;

/** A flow on its way into the database: its secrets lie in the vault already. */
interface Prepared extends LiftedDocument, Pick<FilledFlow, 'summary' | 'bound'> {
  readonly id: string;
  /** What of the clean-up is settled when the flow is stored. */
  readonly announced: string | null;
}

/** Bringing flows in. */
@Injectable()
export class FlowImports {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsService,
    private readonly defaults: FieldDefaults,
    private readonly secrets: FlowSecrets,
    private readonly cleanup: SecretCleanup,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the flows of an upload, all or none. A flow keeps its id where that is free, and gets a number behind its
   * name and endpoint name where those are taken. Secrets in it go to the vault first; empty secret fields take the
   * variables that apply to them.
   *
   * @throws DomainError `flow_invalid`, `project_not_found`, `insufficient_permission`, `conflict`, `unavailable`
   */
  async import(caller: Caller, request: RequestOf<typeof importFlows>): Promise<ReplyOf<typeof importFlows>> {
    const flows = await this.defaults.apply(caller.workspaceId, readDocuments(request));
    for (let attempt = 1; ; attempt++) {
      const prepared: Prepared[] = [];
      try {
        const chosen = new Set<string>();
        for (const flow of flows) prepared.push(await this.prepare(caller, flow, chosen));
        return await this.storeAll(caller, request.projectId, prepared);
      } catch (error) {
        for (const { announced } of prepared) if (announced !== null) await this.cleanup.abandon(announced);
        if (!isUniqueViolation(error)) throw error;
        if (attempt === importAttempts) throw new DomainError('conflict', { cause: error });
      }
    }
  }

  /** @param chosen the ids of the flows before it */
  private async prepare(
    { workspaceId }: Caller,
    { summary, document, bound }: FilledFlow,
    chosen: Set<string>,
  ): Promise<Prepared> {
    const id = await this.freeId(summary.id, chosen);
    chosen.add(id);
    const lifted = this.secrets.lift(document);
    return { ...lifted, id, summary, bound, announced: await this.secrets.keep(workspaceId, id, lifted.secrets) };
  }

  private storeAll(
    caller: Caller,
    wantedProjectId: string | null,
    prepared: readonly Prepared[],
  ): Promise<ReplyOf<typeof importFlows>> {
    return this.database.transaction(async (em) => {
      const projectId = await this.projects.projectFor(em, caller, wantedProjectId);
      const flows: Flow[] = [];
      for (const flow of prepared) flows.push(await this.store(em, caller, projectId, flow));
      const kept = this.secrets.areKept;
      const lifted = prepared.flatMap(({ id, places }) => places.map((place) => ({ flowId: id, ...place, kept })));
      const bound = prepared.flatMap((flow) => flow.bound.map((field) => ({ flowId: flow.id, ...field })));
      return { flows, lifted, bound };
    });
  }

  private async store(em: SqlEntityManager, caller: Caller, projectId: string, flow: Prepared): Promise<Flow> {
    const { id, summary, document, places, bound, announced } = flow;
    const owner = ownedBy(caller);
    const { endpointName } = summary;
    const now = this.clock.now();
    const row = {
      id,
      ...owner,
      projectId,
      dialect: 'langflow' as const,
      name: await freeFlowName(em, owner, summary.name),
      description: summary.description,
      endpointName: endpointName === null ? null : await freeEndpointName(em, caller.workspaceId, endpointName),
      // Whatever the file says: nobody publishes a flow by uploading it.
      access: 'private' as const,
      component: summary.component,
      webhook: summary.webhook,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await em.insert(FlowEntity, { ...row, document: JSON.stringify(document) });
    await noteVariables(em, { flowId: id, workspaceId: row.workspaceId }, document);
    if (announced !== null) await this.cleanup.settle(em, announced);
    const details = {
      name: row.name,
      dialect: row.dialect,
      liftedSecrets: places.length,
      boundVariables: bound.length,
    };
    const event = { id: this.ids.next(), at: now, workspaceId: row.workspaceId };
    await this.audit.record(em, flowEvent(caller, event, 'flow.imported', id, details));
    return { ...row, document: hideSecrets(document) };
  }

  private async freeId(wanted: string | null, chosen: ReadonlySet<string>): Promise<string> {
    if (wanted === null || chosen.has(wanted)) return this.ids.next();
    const taken = await this.database.read((em) => em.count(FlowEntity, { id: wanted }));
    return taken === 0 ? wanted : this.ids.next();
  }
}
