import type { CredentialFacts } from '@flowkeep/contracts';
import { type Database, query } from '@flowkeep/persistence';

/** The columns as both dialects give them: SQLite has no booleans, and gives JSON as text. */
interface FactsRow {
  readonly id: string;
  readonly owner_id: string;
  readonly workspace_id: string;
  readonly permissions: string | string[];
  readonly scope_flow_ids: string | string[];
  readonly scope_project_ids: string | string[];
  readonly enabled: number | boolean;
  readonly not_before: number | null;
  readonly expires_at: number | null;
  readonly revision: number;
}

const byHash = `select id, owner_id, workspace_id, permissions, scope_flow_ids, scope_project_ids, enabled, not_before,
  expires_at, revision from api_key where hash = $1`;

/**
 * What is true of the key with this hash, or null. The look-up every new key of a gateway costs, so it goes past the
 * entity manager.
 */
export async function findFacts(database: Database, hash: string): Promise<CredentialFacts | null> {
  const { rows } = await database.read((em) => query<FactsRow>(em, byHash, [hash]));
  const [row] = rows;
  if (row === undefined) return null;
  return {
    keyId: row.id,
    ownerId: row.owner_id,
    workspaceId: row.workspace_id,
    permissions: readList(row.permissions),
    scope: { flowIds: readList(row.scope_flow_ids), projectIds: readList(row.scope_project_ids) },
    enabled: Boolean(row.enabled),
    notBefore: row.not_before,
    expiresAt: row.expires_at,
    revision: row.revision,
  };
}

function readList(value: string | string[]): string[] {
  return typeof value === 'string' ? (JSON.parse(value) as string[]) : value;
}
