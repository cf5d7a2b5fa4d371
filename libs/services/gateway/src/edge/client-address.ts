import type { FastifyInstance } from 'fastify';

/** Notes where a request comes from as it arrives: of a client that has left, the socket does not know it any more. */
export function addClientAddress(fastify: FastifyInstance): void {
  fastify.decorateRequest('clientAddress', '');
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.clientAddress = addressOf(request);
    done();
  });
}

/** Fastify's type promises an address; of a client that left before anybody looked there is none. */
function addressOf(request: { readonly ip?: string }): string {
  return request.ip ?? '';
}
