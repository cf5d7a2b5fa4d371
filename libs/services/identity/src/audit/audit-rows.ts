import type { SqlEntityManager } from '@mikro-orm/sql';
import type { AuditEvent, ServiceName } from '@flowkeep/contracts';
import { type Dialect, query } from '@flowkeep/persistence';
import { type Head, type Link, type RecordedEvent, sealOf } from './audit-chain.ts';

/** An event of the chain as it is stored. */
export interface ChainedEvent extends RecordedEvent {
  readonly sequence: number;
  readonly previous: string;
  readonly mac: string;
}

interface Row {
  readonly id: string;
  readonly at: number;
  readonly service: ServiceName;
  readonly workspace_id: string | null;
  readonly actor_id: string | null;
  readonly key_id: string | null;
  readonly action: string;
  readonly subject_id: string | null;
  readonly details: string | AuditEvent['details'];
  readonly sequence: number | null;
  readonly previous: string | null;
  readonly mac: string | null;
}

interface HeadRow {
  readonly sequence: number;
  readonly mac: string;
  readonly anchor_sequence: number;
  readonly anchor_mac: string;
  readonly seal: string | null;
}

/** Events that a condition on `audit_event` picks. */
export async function readEvents(
  em: SqlEntityManager,
  condition: string,
  parameters: readonly (string | number)[],
): Promise<ChainedEvent[]> {
  const { rows } = await query<Row>(em, `select * from audit_event where ${condition}`, parameters);
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    service: row.service,
    workspaceId: row.workspace_id,
    actorId: row.actor_id,
    keyId: row.key_id,
    action: row.action,
    subjectId: row.subject_id,
    details: typeof row.details === 'string' ? (JSON.parse(row.details) as AuditEvent['details']) : row.details,
    sequence: row.sequence ?? 0,
    previous: row.previous ?? '',
    mac: row.mac ?? '',
  }));
}

/** Where the log begins and ends, and the seal over it; null when its row is gone. */
export async function readHead(em: SqlEntityManager, locking = ''): Promise<(Head & { seal: string | null }) | null> {
  const { rows } = await query<HeadRow>(em, `select * from audit_head where id = 1${locking}`);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    last: { sequence: row.sequence, mac: row.mac },
    anchor: { sequence: row.anchor_sequence, mac: row.anchor_mac },
    seal: row.seal,
  };
}

/** The same under the lock that every change of the log holds to the end of its transaction. */
export function lockHead(em: SqlEntityManager, dialect: Dialect) {
  // On SQLite every transaction holds the only write lock from its beginning.
  return readHead(em, dialect === 'postgresql' ? ' for update' : '');
}

export async function writeHead(em: SqlEntityManager, head: Head, key: Uint8Array): Promise<void> {
  const { last, anchor } = head;
  await query(
    em,
    'update audit_head set sequence = $1, mac = $2, anchor_sequence = $3, anchor_mac = $4, seal = $5 where id = 1',
    [last.sequence, last.mac, anchor.sequence, anchor.mac, sealOf(head, key)],
  );
}

const insert = `insert into audit_event
  (id, at, service, workspace_id, actor_id, key_id, action, subject_id, details, sequence, previous, mac)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;

export async function insertEvent(
  em: SqlEntityManager,
  event: RecordedEvent,
  previous: Link,
  link: Link,
): Promise<void> {
  const { id, at, service, workspaceId, actorId, keyId, action, subjectId, details } = event;
  const columns = [id, at, service, workspaceId, actorId, keyId, action, subjectId, JSON.stringify(details)];
  await query(em, insert, [...columns, link.sequence, previous.mac, link.mac]);
}

/** Gives an event that is stored already its place in the chain. */
export async function placeEvent(em: SqlEntityManager, id: string, previous: Link, link: Link): Promise<void> {
  const place = [id, link.sequence, previous.mac, link.mac];
  await query(em, 'update audit_event set sequence = $2, previous = $3, mac = $4 where id = $1', place);
}

/** Which of these events are stored already, by their ids in lower case. */
export async function knownIds(em: SqlEntityManager, events: readonly AuditEvent[]): Promise<Set<string>> {
  const places = events.map((_event, index) => `$${index + 1}`).join(', ');
  const ids = events.map(({ id }) => id);
  const { rows } = await query<{ id: string }>(em, `select id from audit_event where id in (${places})`, ids);
  return new Set(rows.map(({ id }) => id.toLowerCase()));
}
