import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { Message } from '@flowkeep/contracts';
import { Database, GroupCommit, prepared } from '@flowkeep/persistence';
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

/** Columns with their PostgreSQL types, in the order of the rows below. */
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

const messageColumns = {
  id: 'uuid',
  workspace_id: 'uuid',
  owner_id: 'uuid',
  flow_id: 'uuid',
  run_id: 'uuid',
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
 * Of one commit on SQLite. A thread of its own writes them: with few in each the event loop answers some while others are
 * written, instead of waiting for all of them.
 */
const maxSqliteRuns = 16;

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
    const rows = [runs.map(runRow), runs.flatMap(messageRows)].map((some) => JSON.stringify(some));
    await this.database.execute(insertAll, rows);
  }

  /** SQLite would stop the event loop: a thread of its own writes the rows one by one. */
  private commitRows(runs: readonly EndedRun[]): Promise<void> {
    return this.database.writeRows([
      { sql: insertRun, rows: runs.map(runRow) },
      { sql: insertMessage, rows: runs.flatMap(messageRows) },
    ]);
  }
}

/**
 * Takes the rows as two JSON texts, arrays of arrays in the order of the columns. Flows that are left are kept from being
 * deleted until the rows are in.
 */
const insertAll = prepared(`
  with flows_left as materialized (
    select id from flow where id in (${columnOf('$1', 'flow_id', runColumns)}) for key share
  ), runs as (
    ${insertFrom('run', '$1', runColumns)}
  )
  ${insertFrom('message', '$2', messageColumns)}`);

type Columns = Readonly<Record<string, string>>;

function insertFrom(table: string, rows: string, columns: Columns): string {
  const names = Object.keys(columns);
  const values = names.map((name) => valueOf(name, columns)).join(', ');
  return `insert into ${table} (${names.join(', ')})
    select ${values} from jsonb_array_elements(${rows}::jsonb) as rows(r)
    where ${valueOf('flow_id', columns)} in (select id from flows_left)`;
}

function columnOf(rows: string, name: string, columns: Columns): string {
  return `select ${valueOf(name, columns)} from jsonb_array_elements(${rows}::jsonb) as rows(r)`;
}

function valueOf(name: string, columns: Columns): string {
  return `(r ->> ${Object.keys(columns).indexOf(name)})::${columns[name] as string}`;
}

type Value = string | number | null;

function runRow({ flow, ...run }: EndedRun): Value[] {
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
  ];
}

function messageRows({ id: runId, flow, messages }: EndedRun): Value[][] {
  return messages.map((message) => [
    message.id,
    flow.workspaceId,
    flow.ownerId,
    flow.id,
    runId,
    storable(message.sessionId),
    message.at,
    message.sender,
    storable(message.senderName),
    storable(message.text),
    storable(JSON.stringify(message.files)),
    Number(message.error),
    message.source === null ? null : storable(JSON.stringify(message.source)),
    storable(message.icon),
  ]);
}

/** PostgreSQL has no NUL in texts, and half of a surrogate pair is no character anywhere. */
function storable(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '\ufffd') : whole;
}

const insertRun = insertRow('run', runColumns);
const insertMessage = insertRow('message', messageColumns);

/** One row, unless its flow is gone. */
function insertRow(table: string, columns: Columns): string {
  const names = Object.keys(columns);
  const values = names.map((_, index) => `?${index + 1}`).join(', ');
  return `insert into ${table} (${names.join(', ')}) select ${values}
    where exists (select 1 from flow where id = ?${names.indexOf('flow_id') + 1})`;
}
