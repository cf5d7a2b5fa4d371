import { storableText, uuid } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';

/** Contract: Langflow 2.3. */
export const keyRoutes = {
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
  storeKey: route({
    method: 'POST',
    path: '/api/v1/api_key/store',
    access: 'signed-in',
    dialect: 'langflow',
    status: 200,
  }),
  deleteKey: route({
    method: 'DELETE',
    path: '/api/v1/api_key/:keyId',
    access: 'keys:delete',
    dialect: 'langflow',
    status: 200,
    params: z.object({ keyId: uuid }),
  }),
} as const;
