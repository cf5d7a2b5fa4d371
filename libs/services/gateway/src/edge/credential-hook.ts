import { claimsKeyForm, hashKey, isKeyForm } from '@flowkeep/crypto';
import { DomainError } from '@flowkeep/contracts';
import type { FastifyInstance } from 'fastify';
import type { Facts } from '../auth/facts.ts';
import { findCredential } from '../auth/credential.ts';
import type { ErrorFilter } from './error.filter.ts';

/**
 * Chooses the credential before anything else looks at the request. Refuses on the spot when there is none, when a key of
 * our form has a wrong checksum, and when a key was looked up a moment ago and does not exist: that costs no look-up, no
 * parsing of the body and no walk through the framework.
 */
export function addCredentialHook(fastify: FastifyInstance, facts: Facts, errors: ErrorFilter): void {
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
        const { value } = credential;
        if (claimsKeyForm(value) && !isKeyForm(value)) throw new DomainError('key_invalid');
        if (facts.keys.isKnownMissing(hashKey(value))) throw new DomainError('key_invalid');
        // The strategy reads one header, whichever way the key came.
        request.headers['x-api-key'] = value;
      }
      done();
    } catch (error) {
      if (route.access !== 'optional') return errors.answer(error, request, reply);
      request.credential = null;
      done();
    }
  });
}
