import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import type { Message } from '@flowkeep/contracts';
import { Database, GroupCommit, query, type SqlValue } from '@flowkeep/persistence';
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

const runColumns = [
  'id',
  'workspace_id',
  'owner_id',
  'flow_id',
  'flow_version',
  'caller_id',
  'key_id',
  'session_id',
  'trace',
  'status',
  'error_code',
  'started_at',
  'duration_ms',
] as const;

const messageColumns = [
  'id',
  'workspace_id',
  'owner_id',
  'flow_id',
  'run_id',
  'session_id',
  'at',
  'sender',
  'sender_name',
  'text',
  'files',
  'error',
  'source',
  'icon',
] as const;

/** Rows of one statement: few enough that its text is soon the same again. */
const rowsPerStatement = 32;

/** Stores runs and their messages, many in one transaction. */
@Injectable()
export class RunStore implements OnModuleDestroy {
  private readonly commits: GroupCommit<EndedRun>;

  constructor(
    private readonly database: Database,
    clock: Clock,
  ) {
    this.commits = new GroupCommit({ database, clock, insert: (em, runs) => this.insert(em, runs) });
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

  private async insert(em: SqlEntityManager, ended: readonly EndedRun[]): Promise<void> {
    const left = await this.lockFlows(em, new Set(ended.map((run) => run.flow.id)));
    const runs = ended.filter((run) => left.has(run.flow.id));
    await insertRows(em, 'run', runColumns, runs.map(runRow));
    await insertRows(em, 'message', messageColumns, runs.flatMap(messageRows));
  }

  /** Those of the flows that are still there, kept from being deleted until the rows are in. */
  private async lockFlows(em: SqlEntityManager, flowIds: ReadonlySet<string>): Promise<Set<string>> {
    const ids = [...flowIds];
    const lock = this.database.dialect === 'postgresql' ? ' for key share' : '';
    const places = ids.map((_, index) => `$${index + 1}`).join(', ');
    const { rows } = await query<{ id: string }>(em, `select id from flow where id in (${places})${lock}`, ids);
    return new Set(rows.map(({ id }) => id));
  }
}

function runRow({ flow, ...run }: EndedRun): SqlValue[] {
  return [
    run.id,
    flow.workspaceId,
    flow.ownerId,
    flow.id,
    flow.version,
    run.callerId,
    run.keyId,
    run.sessionId,
    run.trace,
    run.status,
    run.errorCode,
    run.startedAt,
    run.durationMs,
  ];
}

function messageRows({ id: runId, flow, messages }: EndedRun): SqlValue[][] {
  return messages.map((message) => [
    message.id,
    flow.workspaceId,
    flow.ownerId,
    flow.id,
    runId,
    message.sessionId,
    message.at,
    message.sender,
    storable(message.senderName),
    storable(message.text),
    JSON.stringify(message.files),
    message.error,
    message.source === null ? null : JSON.stringify(message.source),
    storable(message.icon),
  ]);
}

/** PostgreSQL has no NUL in texts. */
function storable(text: string): string {
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text;
}

async function insertRows(
  em: SqlEntityManager,
  table: 'run' | 'message',
  columns: readonly string[],
  rows: readonly SqlValue[][],
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const some = rows.slice(start, start + rowsPerStatement);
    await query(em, insertStatement(table, columns, some.length), some.flat());
  }
}

const statements = new Map<string, string>();

function insertStatement(table: string, columns: readonly string[], count: number): string {
  const key = `${table} ${count}`;
  const known = statements.get(key);
  if (known !== undefined) return known;
  const places = Array.from({ length: count }, (_, row) => {
    const values = columns.map((_, column) => `$${row * columns.length + column + 1}`);
    return `(${values.join(', ')})`;
  });
  const sql = `insert into ${table} (${columns.join(', ')}) values ${places.join(', ')}`;
  statements.set(key, sql);
  return sql;
}
