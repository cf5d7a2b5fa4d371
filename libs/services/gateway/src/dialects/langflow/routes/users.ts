import { storableText, username, uuid } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';
import { queryNumber, text } from './fields.ts';

const password = z.string().min(8).max(1024);
const optins = z.record(z.string().regex(/^[a-z_]{1,64}$/), z.boolean());
const params = z.object({ userId: uuid });

/** Contract: Langflow 2.2. */
export const userRoutes = {
  createUser: route({
    method: 'POST',
    path: '/api/v1/users',
    access: 'users:manage',
    dialect: 'langflow',
    status: 201,
    consumes: 'json',
    body: z.object({ username, password, optins: optins.nullish() }),
  }),
  listUsers: route({
    method: 'GET',
    path: '/api/v1/users',
    access: 'users:manage',
    dialect: 'langflow',
    status: 200,
    query: z.object({
      skip: queryNumber(0, 1_000_000).default(0),
      limit: queryNumber(1, 1000).default(10),
      search: storableText.max(255).default(''),
    }),
  }),
  updateUser: route({
    method: 'PATCH',
    path: '/api/v1/users/:userId',
    access: 'signed-in',
    dialect: 'langflow',
    status: 200,
    params,
    consumes: 'json',
    body: z.object({
      username: username.nullish(),
      profile_image: text(1024).nullish(),
      password: password.nullish(),
      is_active: z.boolean().nullish(),
      is_superuser: z.boolean().nullish(),
      optins: optins.nullish(),
    }),
  }),
  resetOwnPassword: route({
    method: 'PATCH',
    path: '/api/v1/users/:userId/reset-password',
    access: 'signed-in',
    dialect: 'langflow',
    status: 200,
    params,
    consumes: 'json',
    body: z.object({ password, current_password: z.string().min(1).max(1024).nullish() }),
  }),
  deleteUser: route({
    method: 'DELETE',
    path: '/api/v1/users/:userId',
    access: 'users:manage',
    dialect: 'langflow',
    status: 200,
    params,
  }),
} as const;
