import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type CancelTimer, Clock } from '@flowkeep/config';
import { Database, query, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { IdentityOptions } from '../identity-options.ts';
import { auditPage } from './audit-keys.ts';
import { readEvents, readHead, writeHead } from './audit-rows.ts';
import { AuditService } from './audit.service.ts';
import { followChain } from './audit-verification.ts';

const dayMs = 86_400_000;
/** After a start, so that a server that is restarted every day gets to it too. */
const firstDelayMs = 60_000;

/**
 * Removes events of the audit log that are too old, a whole month of UTC at a time, from the beginning of the chain on.
 * The link of the last one removed stays, so that what is left can be verified. Events that are not as they were
 * appended are evidence: they stop it.
 */
@Injectable()
export class AuditRetention implements OnModuleInit, OnModuleDestroy {
  private readonly cancels: CancelTimer[] = [];
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: IdentityOptions,
  ) {}

  onModuleInit(): void {
    this.cancels.push(
      this.clock.after(firstDelayMs, () => this.start()),
      this.clock.every(dayMs, () => this.start()),
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
    await this.running;
  }

  private start(): void {
    this.running ??= this.run()
      .catch((error: unknown) => this.logger.warn('old audit events could not be removed', { cause: String(error) }))
      .finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    const key = await this.audit.ready();
    const end = await this.endOfOld();
    let removed = 0;
    while (!this.stopped) {
      const count = await this.database.transaction((em) => this.remove(em, key, end));
      removed += count;
      if (count < auditPage) break;
    }
    if (removed > 0) await this.database.transaction((em) => this.record(em, removed, end));
  }

  /** The place of the first event that stays: no event before it is of a month that is not wholly too old. */
  private async endOfOld(): Promise<number> {
    const oldest = startOfMonth(this.clock.now() - this.options.auditRetentionDays * dayMs);
    return this.database.read(async (em) => {
      // Whatever follows the first event to stay stays too: the chain has no holes.
      const sql = 'select min(sequence) as first from audit_event where at >= $1';
      const { rows } = await query<{ first: number | null }>(em, sql, [oldest]);
      return rows[0]?.first ?? ((await readHead(em))?.last.sequence ?? 0) + 1;
    });
  }

  /** @returns how many were removed */
  private async remove(em: SqlEntityManager, key: Uint8Array, end: number): Promise<number> {
    const head = await this.audit.locked(em, key);
    const { anchor } = head;
    const condition = `sequence > $1 and sequence < $2 order by sequence limit ${auditPage}`;
    const events = await readEvents(em, condition, [anchor.sequence, end]);
    const last = followChain(events, anchor, key);
    if ('problem' in last) throw new Error(`event ${last.sequence ?? '?'} is not whole: ${last.problem}`);
    if (events.length === 0) return 0;
    await query(em, 'delete from audit_event where sequence <= $1', [last.sequence]);
    await writeHead(em, { ...head, anchor: last }, key);
    return events.length;
  }

  private record(em: SqlEntityManager, removed: number, end: number): Promise<void> {
    const event = { id: this.ids.next(), at: this.clock.now(), workspaceId: null, actorId: null, keyId: null };
    const details = { removed, firstKept: end };
    return this.audit.append(em, 'identity', [{ ...event, action: 'audit.trimmed', subjectId: null, details }]);
  }
}

function startOfMonth(timeMs: number): number {
  const day = new Date(timeMs);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth());
}
