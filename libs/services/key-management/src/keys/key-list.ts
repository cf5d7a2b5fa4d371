import { Injectable } from '@nestjs/common';
import type { Caller, listKeys, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Conditions, Database, type SqlValue } from '@flowkeep/persistence';
import { type KeyColumns, keyColumns, keyOf, usageOf } from './key-columns.ts';
import { toView } from './key-view.ts';

type Request = RequestOf<typeof listKeys>;

const totalOfOwner = 'select total from key_total where owner_id = $1 and workspace_id = $2';

/** Somebody may have a hundred thousand keys: pages are found by indexes, and read without entities. */
@Injectable()
export class KeyList {
  constructor(private readonly database: Database) {}

  /** One page of a person's keys in a workspace, newest first. */
  async list(caller: Caller, request: Request): Promise<ReplyOf<typeof listKeys>> {
    const { search, unusedSince, after, skip, take } = request;
    const filter = new Conditions();
    filter.add((value) => `k.owner_id = ${value}`, caller.userId);
    filter.add((value) => `k.workspace_id = ${value}`, caller.workspaceId);
    // A key that was never used has been unused since it was made.
    if (unusedSince !== undefined) {
      const lastUse = '(select u.last_used_at from key_usage u where u.key_id = k.id)';
      filter.add((at) => `coalesce(${lastUse}, k.created_at) < ${at}`, unusedSince);
    }
    const ways = search === undefined ? ['true'] : waysToFind(filter, search);
    const found = () =>
      ways.map((way) => `select k.id, k.created_at from api_key k where ${filter.text} and ${way}`).join(' union all ');

    const isAll = search === undefined && unusedSince === undefined;
    const counting = this.count(isAll ? totalOfOwner : `select count(*) as total from (${found()}) f`, [
      ...filter.values,
    ]);
    if (after !== undefined) {
      const [createdAt, id] = after.split('_') as [string, string];
      filter.add((value) => `k.created_at <= ${value}`, Number(createdAt));
      filter.add((at, key) => `(k.created_at < ${at} or k.id < ${key})`, Number(createdAt), id);
    }
    // One more than asked for tells whether there is another page.
    const wanted = { direction: 'desc', skip, take: take + 1 };
    const place = skip === 0 || after !== undefined ? wanted : nearerEnd(wanted, await counting);
    const sorted = (table: string) => `order by ${table}.created_at ${place.direction}, ${table}.id ${place.direction}`;
    const limit = () => `limit ${filter.bind(place.take)}`;
    // What is passed over is passed over in an index, and keys found in two ways are sorted before the rest of them is read.
    const page =
      ways.length === 1 && place.skip === 0
        ? `select * from api_key k where ${filter.text} ${sorted('k')} ${limit()}`
        : `select k.* from (select f.id from (${found()}) f ${sorted('f')} ${limit()} offset ${filter.bind(place.skip)}) p
           join api_key k on k.id = p.id`;
    const reading = this.database.execute<KeyColumns>(
      `select ${keyColumns} from (${page}) k left join key_usage u on u.key_id = k.id ${sorted('k')}`,
      filter.values,
    );
    const [total, read] = await Promise.all([counting, reading]);
    const rows = place.direction === 'desc' ? read : read.toReversed();
    const shown = rows.slice(0, take);
    const last = rows.length > take ? shown.at(-1) : undefined;
    return {
      total,
      keys: shown.map((row) => toView(keyOf(row), usageOf(row))),
      next: last === undefined ? null : `${last.created_at}_${last.id}`,
    };
  }

  private async count(sql: string, values: readonly SqlValue[]): Promise<number> {
    const [row] = await this.database.execute<{ total: number | string }>(sql, values);
    return Number(row?.total ?? 0);
  }
}

/** By the beginning of its name, or of itself: each way has an index, and no key is found in two. */
function waysToFind(filter: Conditions, search: string): string[] {
  const name = search.toLowerCase();
  // More than the first 8 characters of a key are not kept.
  const prefix = search.slice(0, 8);
  const byName = `(k.name_lower >= ${filter.bind(name)} and k.name_lower < ${filter.bind(behind(name))})`;
  const byPrefix = `k.prefix >= ${filter.bind(prefix)} and k.prefix < ${filter.bind(behind(prefix))}`;
  return [byName, `${byPrefix} and not coalesce(${byName}, false)`];
}

/** The least text greater than all that begin so, in the order of code points. */
function behind(beginning: string): string {
  const points = Array.from(beginning);
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    const code = point.codePointAt(0) as number;
    // Between these two lie the surrogates, which are not characters.
    if (code < 0x10_ff_ff) return points.join('') + String.fromCodePoint(code === 0xd7_ff ? 0xe0_00 : code + 1);
  }
  // Nothing but the last code point there is; no name is as long as this.
  return '\u{10ffff}'.repeat(256);
}

interface Place {
  readonly direction: string;
  readonly skip: number;
  readonly take: number;
}

/** A place far down a list of known length is reached sooner from its other end. */
function nearerEnd(place: Place, total: number): Place {
  const { skip, take } = place;
  if (skip <= total / 2 || skip >= total) return place;
  const rest = Math.max(0, total - skip - take);
  return { direction: 'asc', skip: rest, take: total - skip - rest };
}
