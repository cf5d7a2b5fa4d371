import type { ApiKey } from '@flowkeep/contracts';

/** A key as Flowise lists it; theirs is readable, ours shows how it begins and ends. Theirs has its hash as secret. */
export function apiKeyRow(key: ApiKey) {
  const masked = `${key.prefix}${'*'.repeat(8)}${key.last4}`;
  return { ...common(key), apiKey: masked, apiSecret: masked };
}

/** The answer to making a key, the only one with the key itself. Their documents show two secrets: ours are one. */
export function createdApiKeyRow(key: ApiKey, secret: string) {
  return { ...common(key), apiKey: secret, apiSecret: secret };
}

function common({ id, name, permissions, workspaceId, updatedAt }: ApiKey) {
  return {
    id,
    keyName: name ?? '',
    permissions,
    workspaceId,
    updatedDate: new Date(updatedAt).toISOString(),
    /** The flows only this key may run. */
    chatFlows: [],
  };
}
