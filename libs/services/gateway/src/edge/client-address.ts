import type { FastifyInstance } from 'fastify';

/** Notes where a request comes from as it arrives: of a client that has left, the socket does not know it any more. */
export function addClientAddress(fastify: FastifyInstance): void {
  fastify.decorateRequest('clientAddress', '');
  fastify.addHook('onRequest', (request, _reply, done) => {
    // Undefined, whatever its type says, when the client left before anybody looked.
    request.clientAddress = (request.ip) ?? '';
    done();
  });
}
