import type { Caller, CredentialFacts } from '@flowkeep/contracts';
import type { Credential } from '../auth/credential.ts';
import type { Route } from '../routing/route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where it comes from: the right-most address no trusted proxy has. Empty when nobody knows. */
    clientAddress: string;
    /** The one credential that counts, chosen as the request arrives; null when there is none. */
    credential: Credential | null;
    /** Why the request will be refused, when that was known as it arrived. */
    refusal: Error | null;
    /** Set by the guard. */
    caller: Caller | null;
    /** What is true of the key it came with, if it came with one that counts. Set by the guard. */
    keyFacts: CredentialFacts | null;
  }

  interface FastifyContextConfig {
    /** The declared route, absent for what no route serves. */
    route?: Route;
  }
}
