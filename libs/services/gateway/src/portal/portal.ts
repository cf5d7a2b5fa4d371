import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPortalAddress } from './portal-address.ts';
import type { PortalFile, PortalFiles } from './portal-files.ts';

/** What the build wrote where the nonce of a response belongs. */
const noncePlaceholder = 'flowkeep-csp-nonce';

/**
 * Serves the portal where no route answers: its files, and its one page for every address a browser asks for that is not
 * one of the API. Everything else stays not found.
 */
export function addPortal(fastify: FastifyInstance, { assets, page }: PortalFiles): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 || (request.method !== 'GET' && request.method !== 'HEAD')) return done();
    const [path = ''] = request.url.split('?', 1);
    const asset = assets.get(path);
    if (asset !== undefined) return sendAsset(asset, request, reply);
    if (acceptsHtml(request) && isPortalAddress(path)) return sendPage(page, reply);
    done();
  });
}

function acceptsHtml({ headers }: FastifyRequest): boolean {
  return headers.accept?.toLowerCase().includes('text/html') === true;
}

function sendPage(page: string, reply: FastifyReply): void {
  const nonce = randomBytes(18).toString('base64');
  void reply
    .headers({ 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(noncePlaceholder, nonce));
}

/** The page runs and shows what comes from here alone; Material adds styles of its own, which carry the nonce. */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function sendAsset(asset: PortalFile, request: FastifyRequest, reply: FastifyReply): void {
  const { encoding, body } = encodingFor(request.headers['accept-encoding'] ?? '', asset);
  if (encoding !== null) void reply.header('content-encoding', encoding);
  void reply
    .headers({ 'cache-control': asset.cacheControl, vary: 'accept-encoding' })
    .type(asset.contentType)
    .send(body);
}

function encodingFor(accepted: string, { plain, gzip, brotli }: PortalFile) {
  if (accepts(accepted, 'br')) return { encoding: 'br', body: brotli };
  if (accepts(accepted, 'gzip')) return { encoding: 'gzip', body: gzip };
  return { encoding: null, body: plain };
}

function accepts(accepted: string, encoding: string): boolean {
  return accepted.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
