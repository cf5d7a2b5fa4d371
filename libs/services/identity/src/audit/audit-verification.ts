import { type Database, query } from '@flowkeep/persistence';
import { type Link, linkTo, sameMac, sealOf } from './audit-chain.ts';
import { auditPage } from './audit-keys.ts';
import { type ChainedEvent, readEvents, readHead } from './audit-rows.ts';

/** What became of an audit log: how much of it is whole, or the first place where it is not. */
export type AuditVerdict =
  | { readonly whole: true; readonly events: number; readonly last: Link }
  | { readonly whole: false; readonly sequence: number | null; readonly problem: string };

/**
 * Goes through the whole audit log, page by page, and stops at the first event that is not as it was appended. Events
 * appended meanwhile are left to the next time.
 *
 * It can't tell a log from an older copy of itself, put back in full with its end: for that, compare `last` with the one
 * noted before.
 */
export async function verifyAudit(database: Database, key: Uint8Array): Promise<AuditVerdict> {
  const head = await database.read((em) => readHead(em));
  if (head?.seal == null || !sameMac(head.seal, sealOf(head, key))) {
    return broken(null, 'the record of where the log begins and ends was changed');
  }
  if ((await countOutside(database, head.anchor.sequence)) > 0) {
    return broken(null, 'there are events that were never appended');
  }
  let previous = head.anchor;
  while (previous.sequence < head.last.sequence) {
    const { sequence } = previous;
    const page = await database.read((em) => readEvents(em, nextPage, [sequence, head.last.sequence]));
    const end = followChain(page, previous, key);
    if ('problem' in end) return end;
    if (page.length === 0) return broken(sequence + 1, 'it is missing');
    previous = end;
  }
  if (previous.mac !== head.last.mac) return broken(previous.sequence, 'it is not the one the log ended with');
  return { whole: true, events: previous.sequence - head.anchor.sequence, last: previous };
}

/** Whether events follow one another from `previous`; the link of the last, or what is wrong with the first that does not. */
export function followChain(
  events: readonly ChainedEvent[],
  previous: Link,
  key: Uint8Array,
): Link | Extract<AuditVerdict, { whole: false }> {
  let last = previous;
  for (const event of events) {
    const link = linkTo(last, event, key);
    if (event.sequence !== link.sequence) return broken(link.sequence, 'it is missing');
    if (event.previous !== last.mac) return broken(link.sequence, 'it does not follow the event before');
    if (!sameMac(event.mac, link.mac)) return broken(link.sequence, 'it was changed');
    last = link;
  }
  return last;
}

const nextPage = `sequence > $1 and sequence <= $2 order by sequence limit ${auditPage}`;

/** Events without a place in the chain, or with one that was removed. */
async function countOutside(database: Database, anchor: number): Promise<number> {
  const sql = 'select count(*) as count from audit_event where sequence is null or sequence <= $1';
  const { rows } = await database.read((em) => query<{ count: number }>(em, sql, [anchor]));
  return Number(rows[0]?.count);
}

function broken(sequence: number | null, problem: string) {
  return { whole: false, sequence, problem } as const;
}
