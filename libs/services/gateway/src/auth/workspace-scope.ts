import { DomainError, uuid } from '@flowkeep/contracts';
import type { IncomingHttpHeaders } from 'node:http';

/** An installation is one organization, in the terms of those who know several. */
export const organizationId = '00000000-0000-4000-8000-000000000001';

/**
 * The workspace a request names with SkillFlaw's headers (contract: Langflow 8). Of its two levels `business-id` is the
 * narrower and counts when both are there; `tenant-id` may then also be the organization. `is-self` is checked and
 * changes nothing: which workspace it is says as much.
 *
 * @returns null when none is named
 * @throws DomainError `invalid_request` naming the header
 */
export function namedWorkspace(headers: IncomingHttpHeaders): string | null {
  const tenant = idIn(headers, 'tenant-id');
  const business = idIn(headers, 'business-id');
  const self = headers['is-self'];
  if (self !== undefined && !['true', 'false', '1', '0'].includes(String(self).toLowerCase())) {
    throw invalid('is-self', 'Must be true or false.');
  }
  const isOrganization = tenant === organizationId;
  if (business !== null && tenant !== null && !isOrganization && business !== tenant) {
    throw invalid('business-id', 'Is not a part of the tenant.');
  }
  return business ?? (isOrganization ? null : tenant);
}

function idIn(headers: IncomingHttpHeaders, name: 'tenant-id' | 'business-id'): string | null {
  const value = headers[name];
  if (value === undefined || value === '') return null;
  const parsed = uuid.safeParse(value);
  if (!parsed.success) throw invalid(name, 'Must be the id of a workspace.');
  return parsed.data.toLowerCase();
}

function invalid(header: string, message: string): DomainError {
  return new DomainError('invalid_request', { issues: [{ path: ['header', header], code: 'custom', message }] });
}
