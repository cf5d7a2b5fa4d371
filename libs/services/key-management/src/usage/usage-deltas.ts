import type { reportUsage, RequestOf } from '@flowkeep/contracts';

export type Delta = RequestOf<typeof reportUsage>['deltas'][number];

export const dayMs = 24 * 60 * 60 * 1000;

/** Uses of one key for one flow on one day. */
export interface DailyUses {
  readonly keyId: string;
  /** Days since 1970, UTC. */
  readonly day: number;
  /** Empty for what runs none. */
  readonly flow: string;
  readonly uses: number;
}

/** One delta per key, in the order of ids, so that two gateways' reports lock rows in the same order. */
export function totalPerKey(deltas: readonly Delta[]): Delta[] {
  const totals = new Map<string, Delta>();
  for (const delta of deltas) {
    const before = totals.get(delta.keyId);
    totals.set(delta.keyId, before === undefined ? delta : sum(before, delta));
  }
  return [...totals.values()].sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
}

/** The same per key, day and flow. */
export function totalPerDay(deltas: readonly Delta[]): DailyUses[] {
  const totals = new Map<string, DailyUses>();
  for (const { keyId, lastUsedAt, flow, uses } of deltas) {
    const day = Math.floor(lastUsedAt / dayMs);
    const place = `${keyId} ${String(day).padStart(9, '0')} ${flow ?? ''}`;
    totals.set(place, { keyId, day, flow: flow ?? '', uses: uses + (totals.get(place)?.uses ?? 0) });
  }
  return [...totals].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, total]) => total);
}

function sum(left: Delta, right: Delta): Delta {
  const [earlier, later] = left.lastUsedAt > right.lastUsedAt ? [right, left] : [left, right];
  return {
    keyId: left.keyId,
    uses: left.uses + right.uses,
    lastUsedAt: later.lastUsedAt,
    address: later.address ?? earlier.address,
    flow: later.flow ?? earlier.flow,
    previousUsedAt: Math.max(left.previousUsedAt ?? 0, right.previousUsedAt ?? 0) || null,
  };
}
