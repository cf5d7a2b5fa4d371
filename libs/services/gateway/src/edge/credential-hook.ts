import { claimsKeyForm, isKeyForm } from '@flowkeep/crypto';
import { DomainError } from '@flowkeep/contracts';
import type { FastifyInstance } from 'fastify';
import { findCredential } from '../auth/credential.ts';
import type { ErrorFilter } from './error.filter.ts';

/**
 * Chooses the credential before anything else looks at the request, and refuses on the spot when there is none or when a
 * key of our form has a wrong checksum: that costs no look-up, no parsing of the body and no walk through the framework.
 */
export function addCredentialHook(fastify: FastifyInstance, errors: ErrorFilter): void {
  fastify.decorateRequest('credential', null);
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { route } = request.routeOptions.config;
    if (route === undefined || route.access === 'public') return done();
    try {
      const credential = findCredential({ headers: request.headers, query: request.query });
      if (credential === null) throw new DomainError('credential_missing');
      request.credential = credential;
      if (credential.kind === 'key') {
        if (claimsKeyForm(credential.value) && !isKeyForm(credential.value)) throw new DomainError('key_invalid');
        // The strategy reads one header, whichever way the key came.
        request.headers['x-api-key'] = credential.value;
      }
      done();
    } catch (error) {
      errors.answer(error, request, reply);
    }
  });
}
