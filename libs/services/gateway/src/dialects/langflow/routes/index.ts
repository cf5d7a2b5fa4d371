import { flowRoutes } from './flows.ts';
import { keyRoutes } from './keys.ts';
import { runRoutes } from './runs.ts';
import { sessionRoutes } from './sessions.ts';
import { userRoutes } from './users.ts';
import { variableRoutes } from './variables.ts';

/** Langflow's HTTP API as data (contract: Langflow 2). */
export const langflowRoutes = {
  ...sessionRoutes,
  ...userRoutes,
  ...keyRoutes,
  ...variableRoutes,
  ...flowRoutes,
  ...runRoutes,
} as const;
