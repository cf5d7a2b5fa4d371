import { route } from '../routing/route.ts';

const open = { method: 'GET', access: 'public', dialect: 'plain', status: 200 } as const;

/** Whether the server lives, is ready, and what of it fails. The first two are Langflow's, the others Kubernetes'. */
export const healthRoutes = {
  health: route({ ...open, path: '/health' }),
  healthCheck: route({ ...open, path: '/health_check' }),
  live: route({ ...open, path: '/healthz' }),
  ready: route({ ...open, path: '/readyz' }),
} as const;
