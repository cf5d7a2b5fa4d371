import { DomainError } from '@flowkeep/contracts';
import type { IncomingHttpHeaders } from 'node:http';

/** The credential a request is judged by. */
export interface Credential {
  readonly kind: 'key' | 'token';
  readonly value: string;
  readonly source: 'header' | 'query' | 'authorization' | 'cookie';
  /** The SHA-256 of a key that was screened, in hex. */
  readonly hash?: string;
}

export const sessionCookie = 'access_token_lf';

/** Longer ones are refused before anything is computed from them. */
const maxLength = 4096;

interface RequestParts {
  readonly headers: IncomingHttpHeaders;
  readonly query: unknown;
}

/**
 * Finds the one credential that counts: the `x-api-key` header, else the query parameter of that name, else
 * `Authorization`, else the session cookie. Others are not tried when it turns out to be bad.
 *
 * @returns null when there is none
 * @throws DomainError `credential_ambiguous` when header and query both have a key and the keys differ, or one of them
 *   is given twice
 */
export function findCredential({ headers, query }: RequestParts): Credential | null {
  const fromHeader = single(headers['x-api-key']);
  const fromQuery = single((query as Record<string, string | string[] | undefined> | null)?.['x-api-key']);
  if (fromHeader !== undefined && fromQuery !== undefined && fromHeader !== fromQuery) {
    throw new DomainError('credential_ambiguous');
  }
  // The query decides the source even when the header agrees: the answer must not be stored by anybody on the way.
  if (fromQuery !== undefined) return key(fromQuery, 'query');
  if (fromHeader !== undefined) return key(fromHeader, 'header');
  if (headers.authorization !== undefined && headers.authorization !== '')
    return fromAuthorization(headers.authorization);
  const cookie = readCookie(headers.cookie, sessionCookie);
  return cookie === undefined ? null : { kind: 'token', value: bounded(cookie, 'token_invalid'), source: 'cookie' };
}

/** A token has three parts; anything else, with or without `Bearer`, is an API key. */
function fromAuthorization(header: string): Credential {
  const value = header.replace(/^bearer +/i, '').trim();
  if (value.split('.').length === 3) {
    return { kind: 'token', value: bounded(value, 'token_invalid'), source: 'authorization' };
  }
  return key(value, 'authorization');
}

function key(value: string, source: Credential['source']): Credential {
  return { kind: 'key', value: bounded(value, 'key_invalid'), source };
}

function bounded(value: string, code: 'key_invalid' | 'token_invalid'): string {
  if (value === '' || value.length > maxLength) throw new DomainError(code);
  return value;
}

function single(value: string | string[] | undefined): string | undefined {
  if (Array.isArray(value)) throw new DomainError('credential_ambiguous');
  return value === '' ? undefined : value;
}

/** The first cookie of that name, as browsers send the one that fits best; undefined when it is empty or missing. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || undefined;
  }
  return undefined;
}
