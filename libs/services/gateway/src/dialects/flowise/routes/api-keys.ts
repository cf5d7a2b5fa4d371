import { z } from 'zod';
import { route } from '../../../routing/route.ts';

const open = { method: 'GET', access: 'public', dialect: 'flowise', status: 200 } as const;
const closed = { dialect: 'flowise', status: 200 } as const;

/** Flowise says what is missing with a status of its own, so the handler looks at the fields itself. */
const body = z.object({ keyName: z.unknown().optional(), permissions: z.unknown().optional() });
const params = z.object({ id: z.string() });

/** Contract: Flowise 1.3. */
export const apiKeyRoutes = {
  listApiKeys: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/apikey',
    access: 'keys:view',
    query: z.object({ page: z.string().optional(), limit: z.string().optional() }),
  }),
  createApiKey: route({
    ...closed,
    method: 'POST',
    path: '/api/v1/apikey',
    access: 'keys:create',
    consumes: 'json',
    body,
  }),
  updateApiKey: route({
    ...closed,
    method: 'PUT',
    path: '/api/v1/apikey/:id',
    access: 'keys:update',
    consumes: 'json',
    params,
    body,
  }),
  deleteApiKey: route({ ...closed, method: 'DELETE', path: '/api/v1/apikey/:id', access: 'keys:delete', params }),
  verifyApiKey: route({
    ...open,
    path: '/api/v1/verify/apikey/:apikey',
    params: z.object({ apikey: z.string() }),
  }),
  verifyNoApiKey: route({ ...open, path: '/api/v1/verify/apikey' }),
  listPermissions: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/auth/permissions/:type',
    access: 'signed-in',
    params: z.object({ type: z.string() }),
  }),
} as const;
