import { type Credential, credentialFieldType, type OpenedCredential } from '@flowkeep/contracts';
import type { CredentialRow } from './credential.entity.ts';

export type FieldValue = string | number | boolean;
export type Fields = Readonly<Record<string, FieldValue>>;

/** @param readable whether it can be opened */
export function toCredential(row: CredentialRow, readable: boolean): Credential {
  const { id, workspaceId, ownerId, name, type, fingerprint, createdAt, updatedAt } = row;
  const known = readable ? fingerprint : null;
  return { id, workspaceId, ownerId, name, type, fingerprint: known, createdAt, updatedAt };
}

/** With what may be seen of its fields. */
export function toOpened(row: CredentialRow, fields: Fields): OpenedCredential {
  const shown = Object.entries(fields).map(([name, value]) => [name, shownOf(row.type, name, value)] as const);
  return { ...toCredential(row, true), fields: Object.fromEntries(shown) };
}

/** Null for what is not shown at all. */
export function shownOf(type: string, name: string, value: FieldValue): FieldValue | null {
  const fieldType = credentialFieldType(type, name);
  if (fieldType === 'password') return null;
  return fieldType === 'url' ? withoutPassword(String(value)) : value;
}

const hidden = '••••••';

/** An address with its password hidden; nothing of what is no address, which may be anything. */
function withoutPassword(text: string): string | null {
  // Databases know addresses with several hosts, which no parser of URLs takes.
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(?:([^@/?#]*)@)?([^?#]*)(\?[^#]*)?(#.*)?$/is.exec(text);
  if (parts === null) return null;
  const [, scheme = '', user, rest = '', query = '', fragment = ''] = parts;
  const [name, ...password] = user?.split(':') ?? [];
  // Alone it may be a token.
  const shown = user === undefined ? '' : `${password.length > 0 ? `${name}:${hidden}` : hidden}@`;
  // Some take the password there, too.
  const parameters = query.replaceAll(/([?&][^=&]*(?:password|pwd|secret|token|key)[^=&]*=)[^&]*/gi, `$1${hidden}`);
  return `${scheme}${shown}${rest}${parameters}${fragment}`;
}
