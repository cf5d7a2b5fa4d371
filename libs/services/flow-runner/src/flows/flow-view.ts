import type { Flow, FlowSummary } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { hideSecrets } from '@flowkeep/flow-langflow';
import type { FlowRow } from './flow.entity.ts';

/** A flow as lists show it. */
export function toSummary(row: Omit<FlowRow, 'document'>): FlowSummary {
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    ownerId: row.ownerId,
    projectId: row.projectId ?? null,
    dialect: row.dialect,
    name: row.name,
    description: row.description ?? null,
    endpointName: row.endpointName ?? null,
    access: row.access,
    component: row.component,
    webhook: row.webhook,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** A stored document as it leaves the server: null where secrets were. */
function visibleDocument(text: string): Flow['document'] {
  return hideSecrets(JSON.parse(text) as JsonObject);
}

/** A flow with its document. */
export function toFlow(row: FlowRow): Flow {
  return { ...toSummary(row), document: visibleDocument(row.document) };
}
