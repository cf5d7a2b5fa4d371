import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import {
  type Caller,
  DomainError,
  type Flow,
  mayOpenFlow,
  type RequestOf,
  type updateFlow,
  uuid,
} from '@flowkeep/contracts';
import type { JsonObject, JsonValue } from '@flowkeep/flow-graph';
import { changeDocument, type LangflowSummary, readLangflowDocument, restoreReferences } from '@flowkeep/flow-langflow';
import { AuditOutbox, Database, inWorkspace, isUniqueViolation, UuidV7 } from '@flowkeep/persistence';
import { ProjectsService } from '../projects/projects.service.ts';
import { flowEvent } from './flow-event.ts';
import { FlowEntity, type FlowRow } from './flow.entity.ts';
import { FlowSecrets } from './flow-secrets.ts';
import { noteVariables } from './flow-variables.ts';
import { FlowVersionEntity } from './flow-version.entity.ts';
import { toFlow } from './flow-view.ts';
import { SecretCleanup } from './secret-cleanup.ts';

/** How often a save that met another is tried on top of it. */
const saveAttempts = 10;

/** The flow as it is to be stored. */
export interface Save {
  readonly document: JsonObject;
  readonly summary: LangflowSummary;
  readonly access: FlowRow['access'];
  /** The project it goes to; undefined or null where it is. */
  readonly projectId?: JsonValue | undefined;
  /** What of the clean-up is settled when the flow is stored. */
  readonly announced: string | null;
  /** Hidden secrets that it does not refer to any more. */
  readonly released: readonly string[];
}

/** Saving changes of flows. */
@Injectable()
export class FlowSaves {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsService,
    private readonly secrets: FlowSecrets,
    private readonly cleanup: SecretCleanup,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /**
   * Saves changes and keeps the version before. Without a version in the request a save that meets another comes on top
   * of it, and nothing of either is lost.
   *
   * @throws DomainError `flow_not_found`, `flow_invalid`, `flow_changed`, `name_taken`, `project_not_found`, `conflict`
   */
  async save(caller: Caller, { flowId, changes, version }: RequestOf<typeof updateFlow>): Promise<Flow> {
    return toFlow(await this.change(caller, flowId, version, (row) => this.prepare(row, changes)));
  }

  /**
   * Saves what is made of the flow as it is now, and keeps the version before.
   *
   * @param version refuses another one; without it the change is made again on top of a save that it met
   * @param prepare may be called several times
   * @throws DomainError `flow_not_found`, `flow_changed`, `name_taken`, `project_not_found`, `conflict`
   */
  async change(
    caller: Caller,
    flowId: string,
    version: number | null,
    prepare: (row: FlowRow) => Promise<Save>,
  ): Promise<FlowRow> {
    for (let attempt = 1; attempt <= saveAttempts; attempt++) {
      const row = await this.find(caller, flowId);
      if (version !== null && row.version !== version) throw new DomainError('flow_changed');
      const save = await prepare(row);
      try {
        const saved = await this.database.transaction((em) => this.store(em, caller, row, save));
        if (saved !== null) return saved;
      } catch (error) {
        await this.abandon(save);
        throw isUniqueViolation(error) ? taken(error) : error;
      }
      await this.abandon(save);
    }
    throw new DomainError('conflict');
  }

  private async find(caller: Caller, flowId: string): Promise<FlowRow> {
    const row = await this.database.read((em) =>
      em.findOne(FlowEntity, { id: flowId, ...inWorkspace(caller) }, { populate: ['document'] }),
    );
    if (row === null || !mayOpenFlow(caller, { ...row, projectId: row.projectId ?? null })) {
      throw new DomainError('flow_not_found');
    }
    return row;
  }

  private async prepare(row: FlowRow, changes: JsonObject): Promise<Save> {
    const stored = JSON.parse(row.document) as JsonObject;
    const current = { name: row.name, endpoint_name: row.endpointName ?? null };
    const changed = changeDocument(stored, changes, current);
    // Only what the client sent can hold secrets in clear; lifting the rest would take references for values.
    const sent = Object.hasOwn(changes, 'data') && changes['data'] !== null;
    const lifted = sent ? this.secrets.lift(changed) : { document: changed, secrets: [] };
    const document = sent ? restoreReferences(lifted.document, stored) : lifted.document;
    const { summary } = readLangflowDocument(document);
    const announced = await this.secrets.keep(row.workspaceId, row.id, lifted.secrets);
    const access = accessOf(changes['access_type']) ?? row.access;
    return { document, summary, access, projectId: changes['folder_id'], announced, released: [] };
  }

  /** Null when somebody else saved in the meantime. */
  private async store(
    em: SqlEntityManager,
    caller: Caller,
    row: FlowRow,
    { document, summary, access, projectId: wanted, announced, released }: Save,
  ): Promise<FlowRow | null> {
    const now = this.clock.now();
    const saved: FlowRow = {
      ...row,
      projectId: await this.projectOf(em, caller, row, wanted),
      name: summary.name,
      description: summary.description,
      endpointName: summary.endpointName,
      access,
      component: summary.component,
      webhook: summary.webhook,
      version: row.version + 1,
      document: JSON.stringify(document),
      updatedAt: Math.max(now, row.updatedAt),
    };
    const { id, version: before } = row;
    const { projectId, name, description, endpointName, component, webhook, version, updatedAt } = saved;
    const changed = await em.nativeUpdate(
      FlowEntity,
      { id, version: before },
      {
        projectId,
        name,
        description,
        endpointName,
        access,
        component,
        webhook,
        version,
        updatedAt,
        document: saved.document,
      },
    );
    if (changed === 0) return null;
    const { workspaceId, ownerId } = row;
    const kept = { id: this.ids.next(), workspaceId, ownerId, flowId: id, version: before, document: row.document };
    await em.insert(FlowVersionEntity, { ...kept, savedAt: now });
    await noteVariables(em, { flowId: id, workspaceId }, document);
    if (announced !== null) await this.cleanup.settle(em, announced);
    if (released.length > 0) await this.cleanup.drop(em, workspaceId, id, released);
    const event = { id: this.ids.next(), at: now, workspaceId };
    await this.audit.record(em, flowEvent(caller, event, 'flow.saved', id, { name, version }));
    return saved;
  }

  private async projectOf(
    em: SqlEntityManager,
    caller: Caller,
    { projectId }: FlowRow,
    wanted: JsonValue | undefined,
  ): Promise<string | null> {
    if (wanted === undefined || wanted === null || wanted === projectId) return projectId ?? null;
    if (!uuid.safeParse(wanted).success) throw new DomainError('project_not_found');
    return this.projects.projectFor(em, caller, wanted as string);
  }

  private async abandon({ announced }: Save): Promise<void> {
    if (announced !== null) await this.cleanup.abandon(announced);
  }
}

function accessOf(value: JsonValue | undefined): FlowRow['access'] | undefined {
  if (value === 'PUBLIC') return 'public';
  return value === 'PRIVATE' ? 'private' : undefined;
}

/** Which of the two names it was decides the sentence. */
function taken(error: unknown): DomainError {
  const endpoint = (error as Error).message.includes('endpoint_name');
  return new DomainError('name_taken', {
    message: endpoint ? 'Endpoint name must be unique' : 'Name must be unique',
    cause: error,
  });
}
