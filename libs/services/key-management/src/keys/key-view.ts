import type { ApiKey } from '@flowkeep/contracts';
import type { KeyUsageRow } from '../usage/key-usage.entity.ts';
import type { ApiKeyRow } from './api-key.entity.ts';

/** What of a key may be seen, and nothing that it could be guessed by. */
export type KeyFields = Omit<ApiKeyRow, 'hash' | 'previousHash' | 'nameLower' | 'rotatedAt'>;

/** A key as its owner sees it. */
export function toView(key: KeyFields, usage?: KeyUsageRow | null): ApiKey {
  return {
    id: key.id,
    name: key.name ?? null,
    description: key.description ?? null,
    ownerId: key.ownerId,
    workspaceId: key.workspaceId,
    createdBy: key.createdBy,
    prefix: key.prefix,
    last4: key.last4,
    length: key.length,
    permissions: key.permissions,
    scope: { flowIds: key.scopeFlowIds, projectIds: key.scopeProjectIds },
    addresses: key.addresses ?? [],
    rateLimit: key.rateLimit ?? null,
    quota: key.quota ?? null,
    enabled: key.enabled,
    notBefore: key.notBefore ?? null,
    expiresAt: key.expiresAt ?? null,
    createdAt: key.createdAt,
    updatedAt: key.updatedAt,
    revision: key.revision,
    lastUsedAt: usage?.lastUsedAt ?? null,
    lastAddress: usage?.lastAddress ?? null,
    lastFlow: usage?.lastFlow ?? null,
    totalUses: usage?.totalUses ?? 0,
    previous: previousOf(key, usage),
  };
}

function previousOf(key: KeyFields, usage?: KeyUsageRow | null): ApiKey['previous'] {
  const { previousPrefix: prefix, previousLast4: last4, previousValidUntil: validUntil } = key;
  if (prefix == null || last4 == null || validUntil == null) return null;
  return { prefix, last4, validUntil, lastUsedAt: usage?.previousLastUsedAt ?? null };
}
