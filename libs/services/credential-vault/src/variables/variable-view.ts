import type { Variable } from '@flowkeep/contracts';
import type { ValuePlace } from '../values.ts';
import type { VariableRow } from './variable.entity.ts';

export function placeOf({ id }: Pick<VariableRow, 'id'>): ValuePlace {
  return ['variable', id];
}

/**
 * A variable as it may be shown: a credential never gives its value back.
 *
 * @param value null for one that can't be opened
 */
export function toView(row: VariableRow, value: string | null): Variable {
  const { id, workspaceId, ownerId, name, kind, origin, fingerprint, createdAt, updatedAt, lastUsedAt } = row;
  return {
    id,
    workspaceId,
    ownerId,
    name,
    kind,
    value: kind === 'generic' ? value : null,
    defaultFields: JSON.parse(row.defaultFields) as string[],
    origin,
    fingerprint: value === null ? null : fingerprint,
    createdAt,
    updatedAt,
    lastUsedAt: lastUsedAt ?? null,
  };
}
