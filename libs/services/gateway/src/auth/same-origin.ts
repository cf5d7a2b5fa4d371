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
  if (origin === ownOrigin(request)) return;
  if (origin === undefined && request.headers['sec-fetch-site'] === 'same-origin') return;
  throw new DomainError('cross_site_request');
}

/**
 * Whether a browser says that the request comes from a page of another origin. A script says nothing: that is enough
 * where the cookie is one that browsers keep from foreign pages (`SameSite=Strict`).
 */
export function isCrossSite(request: FastifyRequest): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) return origin !== ownOrigin(request);
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function ownOrigin(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}
