import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { Message } from '@flowkeep/contracts';
import { Database, GroupCommit, prepared, type RowValue } from '@flowkeep/persistence';
import type { FlowHead } from './runnable-flows.ts';
import type { RunStatus } from './run.entity.ts';

/** A run that ended, with what was said in it. */
export interface EndedRun {
  readonly id: string;
  readonly flow: FlowHead;
  readonly callerId: string;
  readonly keyId: string | null;
  readonly sessionId: string;
  readonly trace: string;
  readonly status: RunStatus;
  readonly errorCode: string | null;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly messages: readonly Message[];
}

/** Columns with their PostgreSQL types, in the order of the values below. */
const runColumns = {
  id: 'uuid',
  workspace_id: 'uuid',
  owner_id: 'uuid',
  flow_id: 'uuid',
  flow_version: 'int',
  caller_id: 'uuid',
  key_id: 'uuid',
  session_id: 'text',
  trace: 'text',
  status: 'text',
  error_code: 'text',
  started_at: 'bigint',
  duration_ms: 'int',
} as const;

/** What a message has of its own; whose it is and of which flow it has of its run. */
const messageColumns = {
  id: 'uuid',
  session_id: 'text',
  at: 'bigint',
  sender: 'text',
  sender_name: 'text',
  text: 'text',
  files: 'text',
  error: 'boolean',
  source: 'text',
  icon: 'text',
} as const;

/**
 * Of one commit on SQLite. A thread of its own writes them: with not too many in each the event loop answers some while
 * others are written, instead of waiting for all of them.
 */
const maxSqliteRuns = 32;

/** Stores runs and their messages, many in one transaction. */
@Injectable()
export class RunStore implements OnModuleDestroy {
  private readonly commits: GroupCommit<EndedRun>;

  constructor(
    private readonly database: Database,
    clock: Clock,
  ) {
    this.commits =
      database.dialect === 'postgresql'
        ? new GroupCommit({ clock, commit: (runs) => this.commitAtOnce(runs) })
        : new GroupCommit({ clock, quietTurns: 0, maxItems: maxSqliteRuns, commit: (runs) => this.commitRows(runs) });
  }

  /**
   * Resolves when the run is committed. A run whose flow was deleted meanwhile is not stored.
   *
   * @throws DomainError `busy` when too many wait, `unavailable`
   */
  add(run: EndedRun): Promise<void> {
    return this.commits.add(run);
  }

  async onModuleDestroy(): Promise<void> {
    await this.commits.drain();
  }

  /** PostgreSQL: one statement, and so one round trip, for everything. */
  private async commitAtOnce(runs: readonly EndedRun[]): Promise<void> {
    await this.database.execute(insertAll, [JSON.stringify(runs.map(rowOf))]);
  }

  /** SQLite would stop the event loop: a thread of its own writes the rows one by one. */
  private commitRows(runs: readonly EndedRun[]): Promise<void> {
    return this.database.writeRows([{ sql: insertRun, rows: runs.map(rowOf), children: messageWrites }]);
  }
}

type Columns = Readonly<Record<string, string>>;

const runNames = Object.keys(runColumns);
const messageNames = Object.keys(messageColumns);
/** What a message has of its run, with what it is called there. */
const inherited = { workspace_id: 'workspace_id', owner_id: 'owner_id', flow_id: 'flow_id', run_id: 'id' };
const inheritedNames = Object.keys(inherited);

/** Takes the rows as one JSON text. Flows that are left are kept from being deleted until the rows are in. */
const insertAll = prepared(`
  with given as materialized (
    select ${valuesOf('r', runColumns)}, r -> ${runNames.length} as said from jsonb_array_elements($1::jsonb) as rows(r)
  ), flows_left as materialized (
    select id from flow where id in (select flow_id from given) for key share
  ), kept as materialized (
    select * from given where flow_id in (select id from flows_left)
  ), runs as (
    insert into run (${list(runNames)}) select ${list(runNames)} from kept
  )
  insert into message (${list([...inheritedNames, ...messageNames])})
  select ${list(Object.values(inherited).map((name) => `kept.${name}`))}, m.*
  from kept, lateral (
    select ${valuesOf('m', messageColumns)} from jsonb_array_elements(said) as rows(m)
  ) m`);

/** The elements of a JSON array as columns. */
function valuesOf(array: string, columns: Columns): string {
  return list(Object.entries(columns).map(([name, type], index) => `(${array} ->> ${index})::${type} as ${name}`));
}

function list(parts: readonly string[]): string {
  return parts.join(', ');
}

/** The values of a run, in the order of the columns, with those of its messages behind them. */
function rowOf(run: EndedRun): (RowValue | RowValue[][])[] {
  const { flow } = run;
  return [
    run.id,
    flow.workspaceId,
    flow.ownerId,
    flow.id,
    flow.version,
    run.callerId,
    run.keyId,
    storable(run.sessionId),
    run.trace,
    run.status,
    run.errorCode,
    run.startedAt,
    run.durationMs,
    run.messages.map(messageValues),
  ];
}

function messageValues(message: Message): RowValue[] {
  return [
    message.id,
    storable(message.sessionId),
    message.at,
    message.sender,
    storable(message.senderName),
    storable(message.text),
    storable(JSON.stringify(message.files)),
    Number(message.error),
    message.source === null ? null : storable(JSON.stringify(message.source)),
    storable(message.icon),
  ];
}

/** PostgreSQL has no NUL in texts, and half of a surrogate pair is no character anywhere. */
function storable(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '\ufffd') : whole;
}

const insertRun = insertRow('run', runNames);
const messageWrites = {
  sql: insertRow('message', [...inheritedNames, ...messageNames]),
  inherited: Object.values(inherited).map((name) => runNames.indexOf(name)),
};

/** One row, unless its flow is gone. */
function insertRow(table: string, names: readonly string[]): string {
  const values = list(names.map((_, index) => `?${index + 1}`));
  return `insert into ${table} (${list(names)}) select ${values}
    where exists (select 1 from flow where id = ?${names.indexOf('flow_id') + 1})`;
}
