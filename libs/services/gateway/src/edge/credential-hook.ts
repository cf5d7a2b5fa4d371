import { DomainError } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import type { FastifyInstance } from 'fastify';
import { findCredential } from '../auth/credential.ts';
import type { PresentedKeys } from '../auth/presented-keys.ts';
import { refuseEarly } from './early-refusal.ts';
import type { ErrorFilter } from './error.filter.ts';

/**
 * Chooses the credential before anything else looks at the request. Refuses on the spot when there is none, and keys that
 * need no look-up for it: that costs no parsing of the body and no walk through the framework.
 */
export function addCredentialHook(
  fastify: FastifyInstance,
  keys: PresentedKeys,
  answers: { readonly errors: ErrorFilter; readonly logger: Logger },
): void {
  fastify.decorateRequest('credential', null);
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('keyFacts', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { route } = request.routeOptions.config;
    if (route === undefined || route.access === 'public') return done();
    try {
      const credential = findCredential({ headers: request.headers, query: request.query });
      if (credential === null) throw new DomainError('credential_missing');
      if (credential.kind === 'token') request.credential = credential;
      else {
        const { value } = credential;
        request.credential = { ...credential, hash: keys.screen(value, request.clientAddress) };
        // The strategy reads one header, whichever way the key came.
        request.headers['x-api-key'] = value;
      }
      done();
    } catch (error) {
      if (route.access !== 'optional') return refuseEarly(error, request, reply, answers);
      request.credential = null;
      done();
    }
  });
}
