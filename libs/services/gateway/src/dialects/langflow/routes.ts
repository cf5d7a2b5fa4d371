import { flowReference, storableText, username, uuid } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../routing/route.ts';
import { runBody } from './run-body.ts';

/** A flag in a query string, as clients write it. */
const queryFlag = z
  .enum(['true', 'false', 'True', 'False', '1', '0'])
  .transform((text) => text.toLowerCase() === 'true' || text === '1');

const queryNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const flowDocument = z.looseObject({
  name: z.string().trim().min(1).max(255),
  data: z.looseObject({ nodes: z.array(z.unknown()), edges: z.array(z.unknown()) }).nullish(),
});

const text = (maxLength: number) => storableText.max(maxLength);

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

/** Langflow's HTTP API as data (contract: Langflow 2). */
export const langflowRoutes = {
  login: route({
    method: 'POST',
    path: '/api/v1/login',
    access: 'public',
    dialect: 'langflow',
    status: 200,
    consumes: 'form',
    body: z.object({ username, password: z.string().min(1).max(1024) }),
  }),
  refresh: route({ method: 'POST', path: '/api/v1/refresh', access: 'public', dialect: 'langflow', status: 200 }),
  logout: route({ method: 'POST', path: '/api/v1/logout', access: 'optional', dialect: 'langflow', status: 200 }),
  session: route({ method: 'GET', path: '/api/v1/session', access: 'optional', dialect: 'langflow', status: 200 }),
  autoLogin: route({ method: 'GET', path: '/api/v1/auto_login', access: 'public', dialect: 'langflow', status: 400 }),
  whoami: route({
    method: 'GET',
    path: '/api/v1/users/whoami',
    access: 'signed-in',
    dialect: 'langflow',
    status: 200,
  }),
  version: route({ method: 'GET', path: '/api/v1/version', access: 'public', dialect: 'langflow', status: 200 }),

  listKeys: route({ method: 'GET', path: '/api/v1/api_key', access: 'keys:view', dialect: 'langflow', status: 200 }),
  createKey: route({
    method: 'POST',
    path: '/api/v1/api_key',
    access: 'keys:create',
    dialect: 'langflow',
    status: 200,
    consumes: 'json',
    body: z.object({
      name: storableText.trim().max(255).nullish(),
      expires_at: z.iso.datetime({ offset: true, local: true }).nullish(),
    }),
  }),
  deleteKey: route({
    method: 'DELETE',
    path: '/api/v1/api_key/:keyId',
    access: 'keys:delete',
    dialect: 'langflow',
    status: 200,
    params: z.object({ keyId: uuid }),
  }),

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

  run: route({
    method: 'POST',
    path: '/api/v1/run/:flow',
    access: 'runs:create',
    dialect: 'langflow',
    status: 200,
    params: z.object({ flow: flowReference }),
    query: z.object({ stream: queryFlag.default(false) }),
    consumes: 'json',
    body: runBody,
  }),
} as const;
