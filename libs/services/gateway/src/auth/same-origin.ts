import { DomainError } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A browser sends the session cookie whoever made the page; what changes something must come from our own pages.
 *
 * @throws DomainError `cross_site_request`
 */
export function requireSameOrigin(request: FastifyRequest): void {
  if (safeMethods.has(request.method)) return;
  const { origin } = request.headers;
  const own = `${request.protocol}://${request.host}`;
  if (origin === own) return;
  if (origin === undefined && request.headers['sec-fetch-site'] === 'same-origin') return;
  throw new DomainError('cross_site_request');
}
