import type { FlowSummary } from '@flowkeep/contracts';
import { isoSeconds } from './times.ts';

type WithDocument = FlowSummary & { readonly document?: Readonly<Record<string, unknown>> | undefined };

/** A flow as Langflow's `FlowRead`: what the export said, with what Flowkeep decides on top. */
export function flowRead(flow: WithDocument) {
  const document = flow.document ?? {};
  return {
    ...flowHeader(flow),
    icon: document['icon'] ?? null,
    icon_bg_color: document['icon_bg_color'] ?? null,
    gradient: document['gradient'] ?? null,
    data: document['data'] ?? null,
    updated_at: isoSeconds(flow.updatedAt),
    webhook: flow.webhook,
    locked: document['locked'] ?? false,
    user_id: flow.ownerId,
    last_tested_version: document['last_tested_version'] ?? null,
  };
}

/** The short form for lists, `header_flows=true`; only a component brings its graph. */
export function flowHeader(flow: WithDocument) {
  const document = flow.document ?? {};
  return {
    id: flow.id,
    name: flow.name,
    folder_id: flow.projectId,
    is_component: flow.component,
    endpoint_name: flow.endpointName,
    description: flow.description,
    data: flow.component ? (document['data'] ?? null) : null,
    access_type: flow.access === 'public' ? 'PUBLIC' : 'PRIVATE',
    tags: document['tags'] ?? null,
    mcp_enabled: document['mcp_enabled'] ?? false,
    action_name: document['action_name'] ?? null,
    action_description: document['action_description'] ?? null,
  };
}
