import type { Caller } from '@flowkeep/contracts';
import type { Credential } from '../auth/credential.ts';
import type { Route } from '../routing/route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The one credential that counts, set before routing's hooks end; null when there is none. */
    credential: Credential | null;
    /** Set by the guard. */
    caller: Caller | null;
  }

  interface FastifyContextConfig {
    /** The declared route, absent for what no route serves. */
    route?: Route;
  }
}
