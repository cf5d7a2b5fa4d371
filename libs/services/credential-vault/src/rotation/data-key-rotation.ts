import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EnvelopeError, open, seal } from '@flowkeep/crypto';
import { Database, query, type SqlValue } from '@flowkeep/persistence';
import { type DataKey, DataKeys, type KeyScope } from '../data-keys/data-keys.ts';
import { giveWay } from './give-way.ts';
import { RotationLog, type RunningRotation } from './rotation-log.ts';
import { type SealedRow, type SealedTable, sealedTables } from './sealed-tables.ts';

const beforeAllIds = '00000000-0000-0000-0000-000000000000';
const scopesPerPage = 50;
const idsPerPage = 200;
/** Bounds of one transaction: what is served meanwhile waits no longer than for it. */
const batchRows = 20;
const batchCharacters = 256 * 1024;
/** After this much was encrypted what is served comes first. */
const turnRows = 10;
const turnCharacters = 64 * 1024;

interface Change {
  readonly id: string;
  readonly before: string;
  /** Column by column, the ciphertext first. */
  readonly columns: readonly (readonly [string, string])[];
}

interface RetiredKey {
  readonly id: string;
  readonly workspace_id: KeyScope;
}

/**
 * Gives workspaces and the services new data keys, and encrypts what is there anew.
 *
 * Each scope's next key is made first and those before it are retired, so that whatever is written from then on is under
 * the new one. Then the values under retired keys are opened, sealed with the newest key, opened again to see that they
 * are what they were, and replaced where they are still what was read. What does not open stays as it is, with its key. It
 * may be killed at any point and begun again: what is left to do is what is still under retired keys.
 *
 * It works on the main thread, in short pieces with a turn of the event loop between them, rather than on a thread of its
 * own: see docs/decisions/0009.
 */
@Injectable()
export class DataKeyRotation {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly log: RotationLog,
  ) {}

  async run(rotation: RunningRotation, signal: AbortSignal): Promise<void> {
    await this.renewAll(rotation, signal);
    let unreadable = 0;
    for (let after = beforeAllIds; ;) {
      const keys = await this.retiredKeys(rotation, after);
      const last = keys.at(-1);
      if (last === undefined) break;
      for (const key of keys) {
        // Another process may have made the newest one.
        this.dataKeys.forget(key.workspace_id);
        for (const table of sealedTables) unreadable += await this.reencrypt(rotation, table, key, signal);
      }
      await this.log.beat(rotation.id);
      after = last.id;
    }
    await this.database.transaction((em) => this.log.end(em, rotation, 'finished', unreadable));
  }

  /** A workspace that gets its first key meanwhile may get its second here; that does no harm. */
  private async renewAll(rotation: RunningRotation, signal: AbortSignal): Promise<void> {
    for (let after = beforeAllIds; ;) {
      const { rows } = await this.database.read((em) =>
        query<RetiredKey>(
          em,
          `select id, workspace_id from data_key where retired_at is null and (rotation_id is null or rotation_id <> $1)
           and id > $2${ofWorkspace(rotation)} order by id limit ${scopesPerPage}`,
          [rotation.id, after, ...workspaceOf(rotation)],
        ),
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      for (const { workspace_id: scope } of rows) {
        signal.throwIfAborted();
        await this.dataKeys.renew(scope, rotation.id);
        await giveWay();
      }
      await this.log.beat(rotation.id);
      after = last.id;
    }
  }

  private async retiredKeys(rotation: RunningRotation, after: string): Promise<RetiredKey[]> {
    const { rows } = await this.database.read((em) =>
      query<RetiredKey>(
        em,
        `select id, workspace_id from data_key where retired_at > $1 and id > $2${ofWorkspace(rotation)}
         order by id limit ${scopesPerPage}`,
        [0, after, ...workspaceOf(rotation)],
      ),
    );
    return rows;
  }

  /** @returns how many values under this key can't be opened */
  private async reencrypt(
    rotation: RunningRotation,
    table: SealedTable,
    { id: retiredId, workspace_id: scope }: RetiredKey,
    signal: AbortSignal,
  ): Promise<number> {
    let unreadable = 0;
    let batch: Change[] = [];
    let newest: DataKey | undefined;
    let inBatch = 0;
    let rowsSinceTurn = 0;
    let sinceTurn = 0;
    const flush = async () => {
      if (newest !== undefined) await this.replace(rotation, table, retiredId, newest, batch);
      batch = [];
      inBatch = 0;
    };
    for (let after = beforeAllIds; ;) {
      const ids = await this.idsUnder(table, retiredId, after);
      const last = ids.at(-1);
      if (last === undefined) break;
      for (const id of ids) {
        signal.throwIfAborted();
        const row = await this.read(table, id, retiredId);
        if (row === undefined) continue;
        // None is made here: the workspace may have ended since the row was read.
        newest ??= await this.dataKeys.existingKey(scope);
        const retired = (await this.dataKeys.keysOf(scope, new Set([retiredId]))).get(retiredId);
        const change = retired === undefined || newest === undefined ? null : reseal(table, row, retired, newest);
        if (change === null) unreadable++;
        else batch.push(change);
        inBatch += row.ciphertext.length;
        sinceTurn += row.ciphertext.length;
        if (batch.length >= batchRows || inBatch >= batchCharacters) {
          await giveWay();
          await flush();
        }
        if (++rowsSinceTurn >= turnRows || sinceTurn >= turnCharacters) {
          rowsSinceTurn = sinceTurn = 0;
          await giveWay();
        }
      }
      await flush();
      await giveWay();
      after = last;
    }
    return unreadable;
  }

  private async idsUnder(table: SealedTable, dataKeyId: string, after: string): Promise<string[]> {
    const { rows } = await this.database.read((em) =>
      query<{ id: string }>(
        em,
        `select id from ${table.name} where data_key_id = $1 and id > $2 order by id limit ${idsPerPage}`,
        [dataKeyId, after],
      ),
    );
    return rows.map(({ id }) => id);
  }

  /** One at a time: a page of the largest values would be hundreds of megabytes. */
  private async read(table: SealedTable, id: string, dataKeyId: string): Promise<SealedRow | undefined> {
    const { rows } = await this.database.read((em) =>
      query<SealedRow>(
        em,
        `select id, data_key_id, ciphertext, ${table.columns.join(', ')} from ${table.name}
         where id = $1 and data_key_id = $2`,
        [id, dataKeyId],
      ),
    );
    return rows[0];
  }

  /** Replaces what is still as it was read, and makes sure that what is stored is what was sealed. */
  private async replace(
    rotation: RunningRotation,
    table: SealedTable,
    retiredId: string,
    { id: dataKeyId }: DataKey,
    batch: readonly Change[],
  ): Promise<void> {
    if (batch.length === 0) return;
    await this.database.transaction(async (em) => {
      await this.dataKeys.hold(em, dataKeyId);
      let done = 0;
      for (const { id, before, columns } of batch) {
        const assignments = columns.map(([column], index) => `${column} = $${index + 5}`).join(', ');
        const values: SqlValue[] = columns.map(([, value]) => value);
        const { affected } = await query(
          em,
          `update ${table.name} set data_key_id = $1, ${assignments}
           where id = $2 and data_key_id = $3 and ciphertext = $4`,
          [dataKeyId, id, retiredId, before, ...values],
        );
        if (affected === 0) continue;
        const [[, sealed] = ['', '']] = columns;
        const stored = await query(em, `select id from ${table.name} where id = $1 and ciphertext = $2`, [id, sealed]);
        if (stored.rows.length !== 1) throw new Error(`a value of ${table.name} was not stored as it was sealed`);
        done++;
      }
      await this.log.progress(em, rotation.id, done);
    });
  }
}

/** @returns null when the value does not open with its key */
function reseal(table: SealedTable, row: SealedRow, from: DataKey, to: DataKey): Change | null {
  const value = tryOpen(from, row.ciphertext, table.placeOf(row, from.id));
  if (value === null) return null;
  const place = table.placeOf(row, to.id);
  const ciphertext = seal(to.key, value, place);
  const again = tryOpen(to, ciphertext, place);
  const same = again !== null && again.length === value.length && timingSafeEqual(again, value);
  const derived = Object.entries(table.derived).map(([column, derive]) => [column, derive(to, value)] as const);
  value.fill(0);
  again?.fill(0);
  if (!same) throw new Error(`a value of ${table.name} does not open as it was sealed`);
  return { id: row.id, before: row.ciphertext, columns: [['ciphertext', ciphertext], ...derived] };
}

function tryOpen({ key }: DataKey, ciphertext: string, place: readonly (string | number)[]): Uint8Array | null {
  try {
    return open(key, ciphertext, place);
  } catch (error) {
    if (error instanceof EnvelopeError) return null;
    throw error;
  }
}

/** The condition of a rotation that is for one workspace only. */
function ofWorkspace({ workspaceId }: RunningRotation): string {
  return workspaceId === null ? '' : ' and workspace_id = $3';
}

function workspaceOf({ workspaceId }: RunningRotation): string[] {
  return workspaceId === null ? [] : [workspaceId];
}
