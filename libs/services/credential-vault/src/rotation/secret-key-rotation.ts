import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { Database, query } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { DataKeys } from '../data-keys/data-keys.ts';
import { foreignSecretKey, holdRegistry, readRegistry } from '../data-keys/registry.ts';
import { type DerivedSecretKey, unwrap, wrap, type WrapPlace } from '../data-keys/secret-keys.ts';
import { giveWay } from './give-way.ts';
import { RotationLog, type RunningRotation } from './rotation-log.ts';

/** Data keys of one transaction: what is served meanwhile waits no longer than for it. */
const pageSize = 50;
const beforeAllIds = '00000000-0000-0000-0000-000000000000';
/** With more data keys than this that do not open, something else is wrong, and nothing is given up. */
const mostUnreadable = 100;

interface PendingRow {
  readonly id: string;
  readonly version: number;
  readonly workspace_id: string | null;
  readonly wrapped: string | null;
}

interface Rewrapped {
  readonly place: WrapPlace;
  readonly key: Uint8Array;
  readonly wrapped: string;
}

/**
 * Brings every data key under another secret key, and touches no value.
 *
 * First each data key gets a second wrap, which is read back and opened before it counts as verified. When all have one, the
 * new secret key takes over in one transaction. Only then do the old wraps go. Until that transaction everything opens with
 * the old key, from then on with the new one, and at no moment with neither: it may be killed at any point and begun again.
 */
@Injectable()
export class SecretKeyRotation {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly log: RotationLog,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `unavailable` when this process was not given the keys it takes */
  async run(rotation: RunningRotation, signal: AbortSignal): Promise<void> {
    const { target } = this.dataKeys.given;
    if (rotation.secretKeyId !== target.id) throw foreignSecretKey();
    for (;;) {
      const { current } = await this.database.read(readRegistry);
      if (current?.id === target.id) break;
      const source = this.dataKeys.given.byId.get(current?.id ?? '');
      if (source === undefined) throw foreignSecretKey();
      const unreadable = await this.wrapAll(rotation, source, target, signal);
      if (unreadable.length > mostUnreadable) {
        const count = unreadable.length;
        return this.database.transaction((em) => this.log.end(em, rotation, 'failed', count));
      }
      // A data key may have come into being meanwhile on an instance that has not got the new secret key.
      if (await this.takeOver(target, unreadable)) break;
    }
    await this.dropOldWraps(rotation, target, signal);
    await this.database.transaction(async (em) => {
      await this.log.end(em, rotation, 'finished', await countForeignWraps(em, target));
    });
  }

  /** @returns the ids of data keys that do not open; their wraps stay, for a backup may hold what they lost */
  private async wrapAll(
    rotation: RunningRotation,
    source: DerivedSecretKey,
    target: DerivedSecretKey,
    signal: AbortSignal,
  ): Promise<string[]> {
    const unreadable: string[] = [];
    for (let after = beforeAllIds; ;) {
      signal.throwIfAborted();
      const rows = await this.pending(source, target, after);
      const last = rows.at(-1);
      if (last === undefined) return unreadable;
      const page: Rewrapped[] = [];
      for (const { id, version, workspace_id: workspaceId, wrapped } of rows) {
        const place = { id, version, workspaceId };
        const key = wrapped === null ? null : unwrap(source, wrapped, place);
        if (key === null) unreadable.push(id);
        else page.push({ place, key, wrapped: wrap(target, key, place) });
      }
      await this.store(page, rotation, target);
      await this.verify(page, rotation, target);
      for (const { key } of page) key.fill(0);
      after = last.id;
      await giveWay();
    }
  }

  /** Data keys without a verified wrap under the new secret key, with their wrap under the old one. */
  private async pending(source: DerivedSecretKey, target: DerivedSecretKey, after: string): Promise<PendingRow[]> {
    const { rows } = await this.database.read((em) =>
      query<PendingRow>(
        em,
        `select d.id, d.version, d.workspace_id, w.wrapped from data_key d
         left join data_key_wrap w on w.data_key_id = d.id and w.secret_key_id = $1
         where d.id > $3 and not exists (select 1 from data_key_wrap v
           where v.data_key_id = d.id and v.secret_key_id = $2 and v.verified_at is not null)
         order by d.id limit ${pageSize}`,
        [source.id, target.id, after],
      ),
    );
    return rows;
  }

  private async store(page: readonly Rewrapped[], rotation: RunningRotation, target: DerivedSecretKey): Promise<void> {
    const now = this.clock.now();
    await this.database.transaction(async (em) => {
      await this.log.progress(em, rotation.id, 0);
      for (const { place, wrapped } of page) {
        await query(
          em,
          `insert into data_key_wrap (data_key_id, secret_key_id, wrapped, created_at) values ($1, $2, $3, $4)
           on conflict (data_key_id, secret_key_id) do update set wrapped = excluded.wrapped
             where data_key_wrap.verified_at is null`,
          [place.id, target.id, wrapped, now],
        );
      }
    });
  }

  /** Only what was read back and opens to the same key counts. */
  private async verify(page: readonly Rewrapped[], rotation: RunningRotation, target: DerivedSecretKey): Promise<void> {
    if (page.length === 0) return;
    const places = page.map((_, index) => `$${index + 2}`).join(', ');
    const { rows } = await this.database.read((em) =>
      query<{ data_key_id: string; wrapped: string }>(
        em,
        `select data_key_id, wrapped from data_key_wrap where secret_key_id = $1 and data_key_id in (${places})`,
        [target.id, ...page.map(({ place }) => place.id)],
      ),
    );
    const stored = new Map(rows.map((row) => [row.data_key_id, row.wrapped]));
    const good: { id: string; wrapped: string }[] = [];
    for (const { place, key } of page) {
      const wrapped = stored.get(place.id);
      const opened = wrapped === undefined ? null : unwrap(target, wrapped, place);
      if (wrapped !== undefined && opened !== null && timingSafeEqual(opened, key))
        good.push({ id: place.id, wrapped });
    }
    const now = this.clock.now();
    await this.database.transaction(async (em) => {
      let done = 0;
      for (const { id, wrapped } of good) {
        const { affected } = await query(
          em,
          `update data_key_wrap set verified_at = $4
           where data_key_id = $1 and secret_key_id = $2 and wrapped = $3 and verified_at is null`,
          [id, target.id, wrapped, now],
        );
        done += affected;
      }
      await this.log.progress(em, rotation.id, done);
    });
  }

  /** @returns false when there is a data key that has no verified wrap yet */
  private async takeOver(target: DerivedSecretKey, unreadable: readonly string[]): Promise<boolean> {
    const now = this.clock.now();
    return this.database.transaction(async (em) => {
      await holdRegistry(em, this.database, 'update');
      const { current, next } = await readRegistry(em);
      if (current?.id === target.id) return true;
      if (next?.id !== target.id) throw foreignSecretKey();
      if ((await countMissing(em, target, unreadable)) !== 0) return false;
      await query(em, "update secret_key set role = null, changed_at = $1 where role = 'current'", [now]);
      await query(em, "update secret_key set role = 'current', changed_at = $2 where id = $1", [target.id, now]);
      return true;
    });
  }

  /** Deletes what opens with another secret key, where there is a wrap under this one. */
  private async dropOldWraps(rotation: RunningRotation, target: DerivedSecretKey, signal: AbortSignal): Promise<void> {
    for (let left = true; left;) {
      signal.throwIfAborted();
      left = await this.database.transaction(async (em) => {
        const { rows } = await query<{ data_key_id: string; secret_key_id: string }>(
          em,
          `select w.data_key_id, w.secret_key_id from data_key_wrap w where w.secret_key_id <> $1
           and exists (select 1 from data_key_wrap v where v.data_key_id = w.data_key_id and v.secret_key_id = $1
             and v.verified_at is not null) limit ${pageSize}`,
          [target.id],
        );
        for (const { data_key_id: dataKeyId, secret_key_id: secretKeyId } of rows) {
          const sql = 'delete from data_key_wrap where data_key_id = $1 and secret_key_id = $2';
          await query(em, sql, [dataKeyId, secretKeyId]);
        }
        await this.log.progress(em, rotation.id, 0);
        return rows.length > 0;
      });
      await giveWay();
    }
  }
}

/** Data keys that are not under the new secret key, besides those that can't be opened. Counts only: it must be quick. */
async function countMissing(
  em: SqlEntityManager,
  target: DerivedSecretKey,
  unreadable: readonly string[],
): Promise<number> {
  const verified = 'select count(*) from data_key_wrap where secret_key_id = $1 and verified_at is not null';
  const lost =
    unreadable.length === 0
      ? '0'
      : `(select count(*) from data_key where id in (${unreadable.map((_, index) => `$${index + 2}`).join(', ')}))`;
  const { rows } = await query<{ missing: number | string }>(
    em,
    `select (select count(*) from data_key) - (${verified}) - ${lost} as missing`,
    [target.id, ...unreadable],
  );
  return Number(rows[0]?.missing);
}

/** What is left under other secret keys once the old wraps went: data keys that did not open. */
async function countForeignWraps(em: SqlEntityManager, target: DerivedSecretKey): Promise<number> {
  const sql = 'select count(*) as count from data_key_wrap where secret_key_id <> $1';
  const { rows } = await query<{ count: number | string }>(em, sql, [target.id]);
  return Number(rows[0]?.count);
}
