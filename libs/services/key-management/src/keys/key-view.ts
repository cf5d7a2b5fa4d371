import type { ApiKey } from '@flowkeep/contracts';
import type { KeyUsageRow } from '../usage/key-usage.entity.ts';
import type { ApiKeyRow } from './api-key.entity.ts';

/** A key as its owner sees it. */
export function toView(key: ApiKeyRow, usage: Pick<KeyUsageRow, 'totalUses' | 'lastUsedAt'> | undefined): ApiKey {
  return {
    id: key.id,
    name: key.name ?? null,
    ownerId: key.ownerId,
    workspaceId: key.workspaceId,
    prefix: key.prefix,
    last4: key.last4,
    length: key.length,
    permissions: key.permissions,
    enabled: key.enabled,
    createdAt: key.createdAt,
    expiresAt: key.expiresAt ?? null,
    lastUsedAt: usage?.lastUsedAt ?? null,
    totalUses: usage?.totalUses ?? 0,
  };
}
