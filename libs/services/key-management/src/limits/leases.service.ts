import { Injectable } from '@nestjs/common';
import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import {
  DomainError,
  type leaseKey,
  type LeaseWindows,
  type ReplyOf,
  type RequestOf,
  type returnLeases,
} from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { ApiKeyEntity } from '../keys/api-key.entity.ts';
import { KeyCounterEntity } from './key-counter.entity.ts';
import { type Window, windowsAt } from './windows.ts';

type Lease = ReplyOf<typeof leaseKey>;

interface Counted extends Window {
  readonly left: number;
}

/** A gateway gets at most this part of what is left, so that the others get some too. */
const share = 16;

/** Hands out what keys may still do. */
@Injectable()
export class LeasesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `key_invalid` for a key that is gone */
  async lease({ keyId, wanted }: RequestOf<typeof leaseKey>): Promise<Lease> {
    return this.database.transaction(async (em) => {
      // Kept from everybody else until the end: two leases at once would each see the same rest.
      const key = await em.findOne(ApiKeyEntity, { id: keyId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (key === null) throw new DomainError('key_invalid');
      const counters = await em.find(KeyCounterEntity, { keyId });
      const counterOf = (kind: string) => counters.find((counter) => counter.kind === kind);
      const now = this.clock.now();
      const windows = windowsAt(key, now, (kind) => counterOf(kind)?.windowStart ?? 0).map((window): Counted => {
        const counter = counterOf(window.kind);
        const granted = counter?.windowStart === window.start ? counter.granted : 0;
        return { ...window, left: Math.max(0, window.limit - granted) };
      });
      const left = Math.min(...windows.map((window) => window.left));
      const granted = windows.length === 0 ? 0 : Math.min(left, Math.max(wanted, Math.floor(left / share)));
      if (granted > 0) await this.count(em, keyId, windows, granted);
      return describe(windows, granted, now);
    });
  }

  async giveBack({ leases }: RequestOf<typeof returnLeases>): Promise<ReplyOf<typeof returnLeases>> {
    const rows = leases.flatMap(({ keyId, unspent, windows }) =>
      Object.entries(windows).flatMap(([kind, start]) => (start === null ? [] : [{ keyId, kind, start, unspent }])),
    );
    // In one order, or two gateways that stop at once could wait for each other.
    rows.sort((left, right) => (left.keyId + left.kind < right.keyId + right.kind ? -1 : 1));
    await this.database.transaction(async (em) => {
      for (const { keyId, kind, start, unspent } of rows) {
        await query(
          em,
          `update key_counter set granted = case when granted > $4 then granted - $4 else 0 end
           where key_id = $1 and kind = $2 and window_start = $3`,
          [keyId, kind, start, unspent],
        );
      }
    });
    return {};
  }

  private async count(em: SqlEntityManager, keyId: string, windows: readonly Window[], granted: number): Promise<void> {
    // In the order they are given back in, or the two could wait for each other.
    for (const { kind, start } of [...windows].sort((one, other) => (one.kind < other.kind ? -1 : 1))) {
      await query(
        em,
        `insert into key_counter (key_id, kind, window_start, granted) values ($1, $2, $3, $4)
         on conflict (key_id, kind) do update set window_start = excluded.window_start, granted = excluded.granted +
           case when key_counter.window_start = excluded.window_start then key_counter.granted else 0 end`,
        [keyId, kind, start, granted],
      );
    }
  }
}

function describe(windows: readonly Counted[], granted: number, now: number): Lease {
  const startOf = (kind: keyof LeaseWindows) => windows.find((window) => window.kind === kind)?.start ?? null;
  const spent = windows.filter(({ left }) => left === 0);
  // There is more once the last of those that ran out begins anew; a lease counts until the first of all does.
  const until = spent.length > 0 ? Math.max(...spent.map(ends)) : Math.min(...windows.map(ends));
  const nearest = [...windows].sort((one, other) => one.left - other.left || other.end - one.end)[0];
  return {
    granted,
    exhausted: spent.length === 0 ? null : spent.some(({ kind }) => kind !== 'rate') ? 'quota' : 'rate',
    windows: { rate: startOf('rate'), daily: startOf('daily'), monthly: startOf('monthly') },
    validForMs: windows.length === 0 ? 0 : Math.max(0, until - now),
    limit: nearest?.limit ?? 0,
    left: (nearest?.left ?? 0) - granted,
    resetInMs: nearest === undefined ? 0 : Math.max(0, nearest.end - now),
  };
}

function ends({ end }: Window): number {
  return end;
}
