import { displayName } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';

const closed = { dialect: 'flowise', status: 200 } as const;

const name = displayName;
const credentialName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);
/** What pages leave empty says nothing. */
const plainDataObj = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
    z.union([z.string().max(65_536), z.number(), z.boolean()]).nullish(),
  )
  .refine((given) => Object.keys(given).length <= 50, 'At most 50 fields.');

const params = z.object({ id: z.string() });
const ofName = z.object({ name: z.string().max(2000) });

/** Contract: Flowise 4.2. */
export const credentialRoutes = {
  listCredentials: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/credentials',
    access: 'credentials:view',
    query: z.object({
      credentialName: z
        .union([credentialName, z.array(credentialName).max(50)])
        .optional()
        .transform((names) => (names === undefined ? [] : [names].flat())),
    }),
  }),
  createCredential: route({
    ...closed,
    method: 'POST',
    path: '/api/v1/credentials',
    access: 'credentials:create',
    consumes: 'json',
    body: z.object({ name, credentialName, plainDataObj: plainDataObj.default({}) }),
  }),
  getCredential: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/credentials/:id',
    access: 'credentials:update',
    params,
  }),
  revealCredential: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/credentials/:id/reveal',
    access: 'credentials:update',
    params,
  }),
  updateCredential: route({
    ...closed,
    method: 'PUT',
    path: '/api/v1/credentials/:id',
    access: 'credentials:update',
    params,
    consumes: 'json',
    body: z.object({
      name: name.optional(),
      credentialName: credentialName.optional(),
      plainDataObj: plainDataObj.optional(),
    }),
  }),
  deleteCredential: route({
    ...closed,
    method: 'DELETE',
    path: '/api/v1/credentials/:id',
    access: 'credentials:delete',
    params,
  }),
  listCredentialTypes: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/components-credentials',
    access: 'signed-in',
  }),
  getCredentialType: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/components-credentials/:name',
    access: 'signed-in',
    params: ofName,
  }),
  credentialIcon: route({
    ...closed,
    method: 'GET',
    path: '/api/v1/components-credentials-icon/:name',
    access: 'public',
    params: ofName,
  }),
} as const;
