import { DomainError, flowReference, storableText, username, uuid } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../routing/route.ts';
import { runBody } from './run-body.ts';
import { variableTypes } from './shapes/variable-read.ts';

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

const variableFields = {
  name: text(255).trim(),
  value: text(1_048_576),
  type: z.enum(variableTypes).nullish(),
  default_fields: z.array(text(255).trim().min(1)).max(100).nullish(),
};

/** Langflow's own sentences for what is missing (contract: Langflow 2.4). */
const newVariable = z
  .object({ ...variableFields, name: variableFields.name.nullish(), value: variableFields.value.nullish() })
  .transform(({ name, value, ...rest }) => {
    if (!name && !value) throw emptyVariable('Variable name and value cannot be empty');
    if (!name) throw emptyVariable('Variable name cannot be empty');
    if (!value) throw emptyVariable('Variable value cannot be empty');
    return { name, value, ...rest };
  });

const variableChanges = z.object({
  ...variableFields,
  id: uuid.nullish(),
  name: variableFields.name.min(1).nullish(),
  value: variableFields.value.min(1).nullish(),
});

function emptyVariable(message: string): DomainError {
  return new DomainError('variable_empty', { message });
}

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

  listVariables: route({
    method: 'GET',
    path: '/api/v1/variables',
    access: 'variables:view',
    dialect: 'langflow',
    status: 200,
  }),
  createVariable: route({
    method: 'POST',
    path: '/api/v1/variables',
    access: 'variables:create',
    dialect: 'langflow',
    status: 201,
    consumes: 'json',
    body: newVariable,
  }),
  updateVariable: route({
    method: 'PATCH',
    path: '/api/v1/variables/:variableId',
    access: 'variables:update',
    dialect: 'langflow',
    status: 200,
    params: z.object({ variableId: uuid }),
    consumes: 'json',
    body: variableChanges,
  }),
  deleteVariable: route({
    method: 'DELETE',
    path: '/api/v1/variables/:variableId',
    access: 'variables:delete',
    dialect: 'langflow',
    status: 204,
    params: z.object({ variableId: uuid }),
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
