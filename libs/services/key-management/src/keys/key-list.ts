import type { SqlEntityManager } from '@mikro-orm/sql';
import type { ApiKey, Caller, listKeys, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Conditions, query } from '@flowkeep/persistence';
import { type KeyColumns, keyOf, usageOf } from './key-columns.ts';
import { toView } from './key-view.ts';

type Request = RequestOf<typeof listKeys>;

/** One page of a person's keys in a workspace, newest first. */
export async function listOwnKeys(
  em: SqlEntityManager,
  caller: Caller,
  request: Request,
): Promise<ReplyOf<typeof listKeys>> {
  const { after, skip, take } = request;
  const filter = new Conditions();
  filter.add((value) => `k.workspace_id = ${value}`, caller.workspaceId);
  filter.add((value) => `k.owner_id = ${value}`, caller.userId);
  addFilters(filter, request);
  // The uses are read only where they decide: SQLite would look them up for every key it counts.
  const uses = request.unusedSince === undefined ? '' : 'left join key_usage u on u.key_id = k.id ';
  const from = `from api_key k ${uses}where`;
  const counted = await query<{ total: number | string }>(
    em,
    `select count(*) as total ${from} ${filter.text}`,
    filter.values,
  );
  if (after !== undefined) {
    const [createdAt, id] = after.split('_') as [string, string];
    filter.add((value) => `k.created_at <= ${value}`, Number(createdAt));
    filter.add((at, key) => `(k.created_at < ${at} or k.id < ${key})`, Number(createdAt), id);
  }
  // One more than asked for tells whether there is another page.
  const page = await query<{ id: string; created_at: number }>(
    em,
    `select k.id, k.created_at ${from} ${filter.text} order by k.created_at desc, k.id desc limit ${take + 1} offset ${skip}`,
    filter.values,
  );
  const rows = page.rows.slice(0, take);
  const last = page.rows.length > take ? rows.at(-1) : undefined;
  const next = last === undefined ? null : `${last.created_at}_${last.id}`;
  return { total: Number(counted.rows[0]?.total), keys: await viewsOf(em, rows), next };
}

function addFilters(filter: Conditions, { search, unusedSince }: Request): void {
  if (search !== undefined) {
    filter.add(
      (name, prefix) => `(k.name_lower like ${name} escape '\\' or k.prefix like ${prefix} escape '\\')`,
      beginning(search.toLowerCase()),
      // More than the first 8 characters of a key are not kept.
      beginning(search.slice(0, 8)),
    );
  }
  // A key that was never used has been unused since it was made.
  if (unusedSince !== undefined) filter.add((at) => `coalesce(u.last_used_at, k.created_at) < ${at}`, unusedSince);
}

/** Rows as the driver gives them: entities of a whole page would cost more than everything else about it. */
async function viewsOf(em: SqlEntityManager, rows: readonly { id: string }[]): Promise<ApiKey[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const places = ids.map((_, index) => `$${index + 1}`).join(', ');
  const found = await query<KeyColumns>(
    em,
    `select k.*, u.last_used_at, u.last_address, u.last_flow, u.total_uses, u.previous_last_used_at
     from api_key k left join key_usage u on u.key_id = k.id where k.id in (${places})`,
    ids,
  );
  const viewOf = new Map(found.rows.map((row) => [row.id, toView(keyOf(row), usageOf(row))]));
  return ids.flatMap((id) => viewOf.get(id) ?? []);
}

function beginning(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
}
