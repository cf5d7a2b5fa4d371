import { Injectable } from '@nestjs/common';
import type { AuditEntry, exportAudit, FrameOf, listAudit, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { type ChainedEvent, readEvents, readHead } from './audit-rows.ts';

/** How many places one statement looks at, however few of their events fit: each takes a few milliseconds at most. */
const windowSize = 5_000;
/** How many windows one page looks through before it asks its reader to come again. */
const windowsPerPage = 20;
/** Events of one frame. */
const frameSize = 200;

type Filter = RequestOf<typeof exportAudit>;

interface Position {
  readonly before: number;
  readonly anchor: number;
}

/** Reading the audit log, newest first. */
@Injectable()
export class AuditReader {
  constructor(private readonly database: Database) {}

  async list({ before, take, ...filter }: RequestOf<typeof listAudit>): Promise<ReplyOf<typeof listAudit>> {
    const events: AuditEntry[] = [];
    let position = await this.start(before);
    for (let looked = 0; looked < windowsPerPage && events.length < take; looked++) {
      if (isEnd(position)) break;
      const found = await this.window(filter, position, take - events.length);
      events.push(...found.events);
      position = found.position;
    }
    return { events, next: isEnd(position) ? null : position.before };
  }

  async *export(filter: Filter): AsyncIterable<FrameOf<typeof exportAudit>> {
    let position = await this.start();
    while (!isEnd(position)) {
      const found = await this.window(filter, position, frameSize);
      yield { events: found.events };
      position = found.position;
    }
  }

  private async start(before?: number): Promise<Position> {
    const head = await this.database.read((em) => readHead(em));
    const end = (head?.last.sequence ?? 0) + 1;
    return { before: Math.min(before ?? end, end), anchor: head?.anchor.sequence ?? 0 };
  }

  private async window(filter: Filter, { before, anchor }: Position, limit: number) {
    const first = Math.max(before - windowSize, anchor + 1);
    const { condition, parameters } = conditionOf(filter, [first, before]);
    const sql = `${condition} order by sequence desc limit ${limit}`;
    const events = await this.database.read((em) => readEvents(em, sql, parameters));
    // A full window may go on below its last event; any other was looked through.
    const next = events.length === limit ? (events.at(-1)?.sequence as number) : first;
    return { events: events.map(toEntry), position: { before: next, anchor } };
  }
}

function isEnd({ before, anchor }: Position): boolean {
  return before <= anchor + 1;
}

function conditionOf({ actorId, action, subjectId, from, to }: Filter, bounds: readonly number[]) {
  const conditions = ['sequence >= $1', 'sequence < $2'];
  const parameters: (string | number)[] = [...bounds];
  const add = (value: string | number | undefined, condition: (place: string) => string) => {
    if (value !== undefined) conditions.push(condition(`$${parameters.push(value)}`));
  };
  add(actorId, (place) => `actor_id = ${place}`);
  if (action !== undefined) {
    const length = `$${parameters.push(action.length)}`;
    add(action, (place) => `substr(action, 1, ${length}) = ${place}`);
  }
  add(subjectId, (place) => `subject_id = ${place}`);
  add(from, (place) => `at >= ${place}`);
  add(to, (place) => `at < ${place}`);
  return { condition: conditions.join(' and '), parameters };
}

/** Without the links of the chain, which are of no use to a reader. */
function toEntry(event: ChainedEvent): AuditEntry {
  const { sequence, id, at, service, workspaceId, actorId, keyId, action, subjectId, details } = event;
  return { sequence, id, at, service, workspaceId, actorId, keyId, action, subjectId, details };
}
