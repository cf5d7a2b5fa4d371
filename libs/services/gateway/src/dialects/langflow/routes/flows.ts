import { uuid } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';
import { queryFlag, queryNumber, text } from './fields.ts';

const flowDocument = z.looseObject({
  name: z.string().trim().min(1).max(255),
  data: z.looseObject({ nodes: z.array(z.unknown()), edges: z.array(z.unknown()) }).nullish(),
});

/** What of a flow may be changed (contract: Langflow 2.5); `fs_path` and other fields are dropped. */
const flowChanges = z.object({
  name: text(255).trim().min(1).nullish(),
  description: text(100_000).nullish(),
  data: z.looseObject({ nodes: z.array(z.unknown()), edges: z.array(z.unknown()) }).nullish(),
  folder_id: uuid.nullish(),
  endpoint_name: text(255).nullish(),
  is_component: z.boolean().nullish(),
  icon: text(255).nullish(),
  icon_bg_color: text(255).nullish(),
  gradient: text(255).nullish(),
  tags: z.array(text(255)).max(100).nullish(),
  locked: z.boolean().nullish(),
  mcp_enabled: z.boolean().nullish(),
  action_name: text(255).nullish(),
  action_description: text(10_000).nullish(),
  access_type: z.enum(['PUBLIC', 'PRIVATE']).nullish(),
});

/** Contract: Langflow 2.5. */
export const flowRoutes = {
  createFlow: route({
    method: 'POST',
    path: '/api/v1/flows',
    access: 'flows:create',
    dialect: 'langflow',
    status: 201,
    consumes: 'json',
    body: flowDocument,
  }),
  uploadFlows: route({
    method: 'POST',
    path: '/api/v1/flows/upload',
    access: 'flows:create',
    dialect: 'langflow',
    status: 201,
    query: z.object({ folder_id: uuid.optional() }),
    consumes: 'multipart',
  }),
  downloadFlows: route({
    method: 'POST',
    path: '/api/v1/flows/download',
    access: 'flows:view',
    dialect: 'langflow',
    status: 200,
    consumes: 'json',
    body: z.array(uuid).min(1).max(500),
  }),
  listFlows: route({
    method: 'GET',
    path: '/api/v1/flows',
    access: 'flows:view',
    dialect: 'langflow',
    status: 200,
    query: z.object({
      get_all: queryFlag.default(true),
      header_flows: queryFlag.default(false),
      page: queryNumber(1, 100_000).default(1),
      size: queryNumber(1, 100).default(50),
    }),
  }),
  getFlow: route({
    method: 'GET',
    path: '/api/v1/flows/:flowId',
    access: 'flows:view',
    dialect: 'langflow',
    status: 200,
    params: z.object({ flowId: uuid }),
  }),
  updateFlow: route({
    method: 'PATCH',
    path: '/api/v1/flows/:flowId',
    access: 'flows:update',
    dialect: 'langflow',
    status: 200,
    params: z.object({ flowId: uuid }),
    consumes: 'json',
    body: flowChanges,
  }),
  deleteFlow: route({
    method: 'DELETE',
    path: '/api/v1/flows/:flowId',
    access: 'flows:delete',
    dialect: 'langflow',
    status: 200,
    params: z.object({ flowId: uuid }),
  }),
  deleteFlows: route({
    method: 'DELETE',
    path: '/api/v1/flows',
    access: 'flows:delete',
    dialect: 'langflow',
    status: 200,
    consumes: 'json',
    body: z.array(uuid).min(1).max(500),
  }),
} as const;
