import type { FastifyReply, FastifyRequest } from 'fastify';
import { readCookie, sessionCookie } from './credential.ts';
import { isCrossSite } from './same-origin.ts';

const refreshCookie = 'refresh_token_lf';

/** Neither is readable by scripts; the refresh token goes to the API alone and never along with a foreign page's request. */
const attributes = {
  [refreshCookie]: 'Path=/api/v1; HttpOnly; SameSite=Strict',
  [sessionCookie]: 'Path=/; HttpOnly; SameSite=Lax',
} as const;

/** What a browser keeps of a session. Times in milliseconds since 1970. */
export interface CookieTokens {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: number;
}

/** The refresh token a browser sent along; null when there is none, and for a page that is not ours. */
export function refreshTokenOf(request: FastifyRequest): string | null {
  return isCrossSite(request) ? null : (readCookie(request.headers.cookie, refreshCookie) ?? null);
}

/**
 * Gives a session to the browser. A page of another origin gets none: it could sign its visitor in as somebody else.
 *
 * @param nowMs milliseconds since 1970
 */
export function setSessionCookies(
  request: FastifyRequest,
  reply: FastifyReply,
  tokens: CookieTokens,
  nowMs: number,
): void {
  const secondsUntil = (atMs: number) => Math.max(0, Math.floor((atMs - nowMs) / 1000));
  send(request, reply, refreshCookie, tokens.refreshToken, `Max-Age=${secondsUntil(tokens.refreshExpiresAt)}`);
  send(request, reply, sessionCookie, tokens.accessToken, `Max-Age=${secondsUntil(tokens.expiresAt)}`);
}

/** Takes it back. The attributes are those it was given with, or browsers would keep it. */
export function clearSessionCookies(request: FastifyRequest, reply: FastifyReply): void {
  const past = 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
  send(request, reply, refreshCookie, '', past);
  send(request, reply, sessionCookie, '', past);
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  name: keyof typeof attributes,
  value: string,
  lifetime: string,
): void {
  if (isCrossSite(request)) return;
  const secure = request.protocol === 'https' ? '; Secure' : '';
  reply.header('set-cookie', `${name}=${value}; ${attributes[name]}; ${lifetime}${secure}`);
}
