import { route } from '../routing/route.ts';

/** Where others find the keys that access tokens are verified with. */
export const keySetRoutes = {
  keySet: route({ method: 'GET', path: '/.well-known/jwks.json', access: 'public', dialect: 'plain', status: 200 }),
} as const;
