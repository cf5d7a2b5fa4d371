import { username } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';

const refreshToken = z.string().min(1).max(128).optional();

/** Flowise has two addresses for it. */
const logout = {
  method: 'POST',
  access: 'optional',
  dialect: 'flowise',
  status: 200,
  consumes: 'json',
  body: z.object({ refreshToken }),
} as const;

/** Contract: Flowise 2. */
export const authRoutes = {
  login: route({
    method: 'POST',
    path: '/api/v1/auth/login',
    access: 'public',
    dialect: 'flowise',
    status: 200,
    consumes: 'json',
    body: z
      .object({ username: username.optional(), email: username.optional(), password: z.string().min(1).max(1024) })
      .transform(({ username: name, email, password }, context) => {
        const given = name ?? email;
        if (given !== undefined) return { username: given, password };
        context.addIssue({ code: 'custom', path: ['username'], message: 'Required, or email in its place.' });
        return z.NEVER;
      }),
  }),
  refreshToken: route({
    method: 'POST',
    path: '/api/v1/auth/refreshToken',
    access: 'public',
    dialect: 'flowise',
    status: 200,
    consumes: 'json',
    body: z.object({ refreshToken }),
  }),
  logout: route({ ...logout, path: '/api/v1/auth/logout' }),
  accountLogout: route({ ...logout, path: '/api/v1/account/logout' }),
  resolve: route({
    method: 'POST',
    path: '/api/v1/auth/resolve',
    access: 'public',
    dialect: 'flowise',
    status: 200,
  }),
  register: route({
    method: 'POST',
    path: '/api/v1/account/register',
    access: 'public',
    dialect: 'flowise',
    status: 201,
  }),
} as const;
