import type { Quota, RateLimit } from '@flowkeep/contracts';
import type { KeyUsageRow } from '../usage/key-usage.entity.ts';
import type { KeyFields } from './key-view.ts';

/** JSON is text on SQLite, and a value on PostgreSQL. */
type Json<Value> = Value | string;

/** A key with its uses, as a raw statement reads them. */
export interface KeyColumns {
  readonly id: string;
  readonly workspace_id: string;
  readonly owner_id: string;
  readonly created_by: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly prefix: string;
  readonly last4: string;
  readonly length: number;
  readonly permissions: Json<string[]>;
  readonly scope_flow_ids: Json<string[]>;
  readonly scope_project_ids: Json<string[]>;
  readonly addresses: Json<string[]> | null;
  readonly rate_limit: Json<RateLimit> | null;
  readonly quota: Json<Quota> | null;
  readonly enabled: number | boolean;
  readonly not_before: number | null;
  readonly expires_at: number | null;
  readonly previous_prefix: string | null;
  readonly previous_last4: string | null;
  readonly previous_valid_until: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
  readonly last_used_at: number | null;
  readonly last_address: string | null;
  readonly last_flow: string | null;
  /** Null for a key without a row of uses. */
  readonly total_uses: number | null;
  readonly previous_last_used_at: number | null;
}

const ofKey = [
  'id',
  'workspace_id',
  'owner_id',
  'created_by',
  'name',
  'description',
  'prefix',
  'last4',
  'length',
  'permissions',
  'scope_flow_ids',
  'scope_project_ids',
  'addresses',
  'rate_limit',
  'quota',
  'enabled',
  'not_before',
  'expires_at',
  'previous_prefix',
  'previous_last4',
  'previous_valid_until',
  'created_at',
  'updated_at',
  'revision',
] as const satisfies readonly (keyof KeyColumns)[];

const ofUses = [
  'last_used_at',
  'last_address',
  'last_flow',
  'total_uses',
  'previous_last_used_at',
] as const satisfies readonly (keyof KeyColumns)[];

/** {@link KeyColumns} of a key `k` and its uses `u`. */
export const keyColumns = [...ofKey.map((name) => `k.${name}`), ...ofUses.map((name) => `u.${name}`)].join(', ');

export function keyOf(row: KeyColumns): KeyFields {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    ownerId: row.owner_id,
    createdBy: row.created_by,
    name: row.name,
    description: row.description,
    prefix: row.prefix,
    last4: row.last4,
    length: row.length,
    permissions: parsed(row.permissions),
    scopeFlowIds: parsed(row.scope_flow_ids),
    scopeProjectIds: parsed(row.scope_project_ids),
    addresses: row.addresses === null ? null : parsed(row.addresses),
    rateLimit: row.rate_limit === null ? null : parsed(row.rate_limit),
    quota: row.quota === null ? null : parsed(row.quota),
    enabled: Boolean(row.enabled),
    notBefore: row.not_before,
    expiresAt: row.expires_at,
    previousPrefix: row.previous_prefix,
    previousLast4: row.previous_last4,
    previousValidUntil: row.previous_valid_until,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
  };
}

export function usageOf(row: KeyColumns): KeyUsageRow | null {
  if (row.total_uses === null) return null;
  return {
    keyId: row.id,
    totalUses: row.total_uses,
    lastUsedAt: row.last_used_at,
    lastAddress: row.last_address,
    lastFlow: row.last_flow,
    previousLastUsedAt: row.previous_last_used_at,
  };
}

function parsed<Value>(json: Json<Value>): Value {
  return typeof json === 'string' ? (JSON.parse(json) as Value) : json;
}
