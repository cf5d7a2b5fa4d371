import type { CredentialFacts, Quota, RateLimit } from '@flowkeep/contracts';
import { type Database, query } from '@flowkeep/persistence';

/** The columns as both dialects give them: SQLite has no booleans, and gives JSON as text. */
interface FactsRow {
  readonly id: string;
  readonly owner_id: string;
  readonly workspace_id: string;
  readonly hash: string;
  readonly previous_valid_until: number | null;
  readonly permissions: string | string[];
  readonly scope_flow_ids: string | string[];
  readonly scope_project_ids: string | string[];
  readonly addresses: string | string[] | null;
  readonly rate_limit: string | RateLimit | null;
  readonly quota: string | Quota | null;
  readonly enabled: number | boolean;
  readonly not_before: number | null;
  readonly expires_at: number | null;
  readonly revision: number;
}

const byHash = `select id, owner_id, workspace_id, hash, previous_valid_until, permissions, scope_flow_ids,
  scope_project_ids, addresses, rate_limit, quota, enabled, not_before, expires_at, revision
  from api_key where hash = $1 or previous_hash = $1`;

/**
 * What is true of the key with this hash, or null. The look-up every new key of a gateway costs, so it goes past the
 * entity manager.
 */
export async function findFacts(database: Database, hash: string): Promise<CredentialFacts | null> {
  const { rows } = await database.read((em) => query<FactsRow>(em, byHash, [hash]));
  const [row] = rows;
  if (row === undefined) return null;
  const isCurrent = row.hash === hash;
  return {
    keyId: row.id,
    ownerId: row.owner_id,
    workspaceId: row.workspace_id,
    permissions: readJson(row.permissions) ?? [],
    scope: { flowIds: readJson(row.scope_flow_ids) ?? [], projectIds: readJson(row.scope_project_ids) ?? [] },
    addresses: readJson(row.addresses) ?? [],
    rateLimit: readJson(row.rate_limit),
    quota: readJson(row.quota),
    enabled: Boolean(row.enabled),
    notBefore: row.not_before,
    expiresAt: row.expires_at,
    secret: isCurrent ? 'current' : 'previous',
    secretValidUntil: isCurrent ? null : row.previous_valid_until,
    revision: row.revision,
  };
}

function readJson<T extends object>(value: string | T | null): T | null {
  return typeof value === 'string' ? (JSON.parse(value) as T) : value;
}
