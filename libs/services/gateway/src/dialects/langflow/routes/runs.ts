import { flowReference } from '@flowkeep/contracts';
import { z } from 'zod';
import { route } from '../../../routing/route.ts';
import { runBody } from '../run-body.ts';
import { queryFlag } from './fields.ts';

/** Contract: Langflow 2.7. */
export const runRoutes = {
  run: route({
    method: 'POST',
    path: '/api/v1/run/:flow',
    access: 'runs:create',
    dialect: 'langflow',
    status: 200,
    params: z.object({ flow: flowReference }),
    query: z.object({ stream: queryFlag.default(false) }),
    consumes: 'json',
    body: runBody,
  }),
} as const;
