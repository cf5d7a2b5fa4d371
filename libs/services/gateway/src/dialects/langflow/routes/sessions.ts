import { username } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';

/** Contract: Langflow 2.1 and 2.10. */
export const sessionRoutes = {
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
} as const;
