import { username } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../routing/route.ts';

const refreshToken = z.string().min(1).max(128).optional();

/** Flowise's HTTP API as data (contract: Flowise 2). */
export const flowiseRoutes = {
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
  logout: route({
    method: 'POST',
    path: '/api/v1/auth/logout',
    access: 'optional',
    dialect: 'flowise',
    status: 200,
    consumes: 'json',
    body: z.object({ refreshToken }),
  }),
} as const;
