import type { Variable } from '@flowkeep/contracts';
import type { Unreadable } from '../unreadable-values.ts';
import type { ValuePlace } from '../values.ts';
import type { VariableRow } from './variable.entity.ts';

/** A reference is no value, and a value none: neither opens in the place of the other. */
export function placeOf({ id, source }: Pick<VariableRow, 'id' | 'source'>): ValuePlace {
  return source === 'reference' ? ['variable', id, 'reference'] : ['variable', id];
}

/**
 * A variable as it may be shown: a credential never gives its value back.
 *
 * @param content its value or reference; null for one that can't be opened
 * @param seesReference whether whoever asks may know where a value is
 */
export function toView(row: VariableRow, content: string | null, seesReference: boolean): Variable {
  const { id, workspaceId, ownerId, name, kind, source, origin, fingerprint, createdAt, updatedAt, lastUsedAt } = row;
  return {
    id,
    workspaceId,
    ownerId,
    name,
    kind,
    value: kind === 'generic' && source === 'value' ? content : null,
    source,
    reference: source === 'reference' && seesReference ? content : null,
    defaultFields: JSON.parse(row.defaultFields) as string[],
    origin,
    fingerprint: content === null ? null : fingerprint,
    createdAt,
    updatedAt,
    lastUsedAt: lastUsedAt ?? null,
  };
}

/** What is reported of a variable that can't be opened. */
export function toUnreadable({ id, name, workspaceId, updatedAt }: Reported): Unreadable {
  return { kind: 'variable', id, workspaceId, storedAt: updatedAt, details: { name } };
}

type Reported = Pick<VariableRow, 'id' | 'name' | 'workspaceId' | 'updatedAt'>;
