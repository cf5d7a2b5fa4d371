import { DomainError } from '@flowkeep/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Credential, findCredential } from '../auth/credential.ts';
import type { PresentedKeys } from '../auth/presented-keys.ts';
import { refuseEarly } from './early-refusal.ts';
import type { ErrorFilter } from './error.filter.ts';

const missing = new DomainError('credential_missing');

/** What the hooks below note on a request. */
export function decorateRequests(fastify: FastifyInstance): void {
  fastify.decorateRequest('clientAddress', '');
  fastify.decorateRequest('credential', null);
  fastify.decorateRequest('refusal', null);
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('keyFacts', null);
}

/**
 * Looks at a request before anything else does: notes where it comes from, and chooses its credential. Refuses on the spot
 * when there is none, and keys that need no look-up for it: whoever tries keys at full speed costs no further hook, no
 * parsing of the body and no walk through the framework.
 *
 * @returns whether the request is answered
 */
export function refusesArrival(
  request: FastifyRequest,
  reply: FastifyReply,
  keys: PresentedKeys,
  { logger }: ErrorFilter,
): boolean {
  request.clientAddress = addressOf(request);
  const { route } = request.routeOptions.config;
  if (route === undefined || route.access === 'public') return false;
  const credential = chooseCredential(request, keys);
  if (!(credential instanceof Error)) request.credential = credential;
  else if (route.access !== 'optional') {
    if (refuseEarly(credential, request, reply, logger)) return true;
    request.refusal = credential;
  }
  return false;
}

/** Answers refusals that need more than {@link refusesArrival} can say, after the hooks that add to every answer. */
export function addRefusals(fastify: FastifyInstance, errors: ErrorFilter): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.refusal === null) done();
    else errors.answer(request.refusal, request, reply);
  });
}

function chooseCredential(request: FastifyRequest, keys: PresentedKeys): Credential | Error {
  try {
    const credential = findCredential({ headers: request.headers, query: request.query });
    if (credential === null) return missing;
    if (credential.kind === 'token') return credential;
    const { kind, value, source } = credential;
    const hash = keys.screen(value, request.clientAddress);
    if (hash instanceof DomainError) return hash;
    // The strategy reads one header, whichever way the key came.
    request.headers['x-api-key'] = value;
    return { kind, value, source, hash };
  } catch (error) {
    return error as Error;
  }
}

/** Fastify's type promises an address; of a client that left before anybody looked there is none. */
function addressOf(request: { readonly ip?: string }): string {
  return request.ip ?? '';
}
