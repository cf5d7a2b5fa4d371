import type { ApiKey } from '@flowkeep/contracts';
import { isoSeconds } from './times.ts';

/** A key as Langflow lists it: its first 8 characters, and a star for each of the rest. */
export function apiKeyRead(key: ApiKey, nowMs: number) {
  return {
    ...common(key, nowMs),
    api_key: key.prefix + '*'.repeat(Math.max(0, key.length - key.prefix.length)),
    created_at: isoSeconds(key.createdAt),
  };
}

/** The answer to creating a key, the only one with the key itself. */
export function createdApiKey(key: ApiKey, secret: string) {
  return { ...common(key, key.createdAt), api_key: secret };
}

function common(key: ApiKey, nowMs: number) {
  return {
    id: key.id,
    name: key.name,
    user_id: key.ownerId,
    last_used_at: key.lastUsedAt === null ? null : isoSeconds(key.lastUsedAt),
    total_uses: key.totalUses,
    is_active: key.enabled && (key.expiresAt === null || key.expiresAt > nowMs),
    expires_at: key.expiresAt === null ? null : isoSeconds(key.expiresAt),
  };
}
