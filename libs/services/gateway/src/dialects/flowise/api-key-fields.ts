import { displayName, DomainError, grantablePermissions } from '@flowkeep/contracts';

/** Name and permissions of a key as a body has them, or what Flowise answers when they are missing or forbidden. */
export function readKeyFields(body: { readonly keyName?: unknown; readonly permissions?: unknown }) {
  const { keyName, permissions } = body;
  if (typeof keyName !== 'string' || keyName.trim() === '') throw missing('keyName');
  const name = displayName.safeParse(keyName);
  if (!name.success) throw refused('keyName must have at most 255 characters and no NUL.');
  if (!isTexts(permissions) || permissions.length === 0) throw missing('permissions');
  if (permissions.length > 200) throw refused('There are too many permissions.');
  for (const permission of permissions) {
    if (/^(?:workspace|admin):/.test(permission)) throw refused('Permissions of workspaces can not be given to a key.');
    if (!grantablePermissions.has(permission) || permission === '*') throw refused('There is no such permission.');
  }
  return { name: name.data, permissions };
}

/** `page` and `limit` of a query; null without both. */
export function readPaging({
  page,
  limit,
}: {
  readonly page?: string | undefined;
  readonly limit?: string | undefined;
}) {
  const [pageNumber, rows] = [readNumber('page', page), readNumber('limit', limit)];
  return pageNumber === 0 || rows === 0 ? null : { skip: (pageNumber - 1) * rows, take: Math.min(rows, 1000) };
}

function readNumber(name: string, text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const number = /^-?\d{1,6}$/.test(text) ? Number(text) : -1;
  if (number < 0) throw new DomainError('argument_missing', { message: `${name} must be a positive number` });
  return number;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function missing(field: string): DomainError {
  return new DomainError('argument_missing', { message: `${field} not provided!` });
}

function refused(message: string): DomainError {
  return new DomainError('invalid_request', { message });
}
