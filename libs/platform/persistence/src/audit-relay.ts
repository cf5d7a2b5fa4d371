import { type Bus, systemContext } from '@flowkeep/bus';
import type { CancelTimer, Clock } from '@flowkeep/config';
import { appendAudit } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import { type AuditOutbox, OutboxEntity } from './audit-outbox.ts';
import type { Database } from './database.ts';

const batchSize = 200;
/** Long enough for the recording transaction to end and for others to join. */
const wakeDelayMs = 50;
/** Finds what a wake-up missed: events of other instances, and of a process that ended too soon. */
const pollMs = 1_000;
const longestBackoffMs = 30_000;

export interface AuditRelayOptions {
  readonly outbox: AuditOutbox;
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Hands a service's audit events to identity, in order, until they are acknowledged. An event may arrive twice;
 * identity keeps one of each id.
 */
export class AuditRelay {
  private failures = 0;
  private running: Promise<void> | undefined;
  private cancelTimer: CancelTimer = () => {};
  private waitsForPoll = true;
  private stopped = false;
  private readonly stopListening: () => void;

  constructor(private readonly options: AuditRelayOptions) {
    this.stopListening = options.outbox.onRecord(() => this.wake());
    this.wait(pollMs);
  }

  /** Hands over what it can, once, and ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.stopListening();
    this.cancelTimer();
    await this.running;
    if (this.failures === 0) await this.pass();
  }

  /** While identity is away, waits as long as the failures say, however much is recorded. */
  private wake(): void {
    if (this.failures > 0 || this.running !== undefined || !this.waitsForPoll) return;
    this.waitsForPoll = false;
    this.cancelTimer();
    this.cancelTimer = this.options.clock.after(wakeDelayMs, () => this.run());
  }

  private wait(delayMs: number): void {
    if (this.stopped) return;
    this.waitsForPoll = true;
    this.cancelTimer = this.options.clock.after(delayMs, () => this.run());
  }

  private run(): void {
    this.running = this.pass().then(() => {
      this.running = undefined;
      this.wait(this.failures === 0 ? pollMs : Math.min(pollMs * 2 ** this.failures, longestBackoffMs));
    });
  }

  /** Never rejects. */
  private async pass(): Promise<void> {
    try {
      while (await this.handOver());
      this.failures = 0;
    } catch (error) {
      this.failures++;
      const { code, message } = error as { code?: string; message: string };
      this.options.logger.warn('audit events wait for identity', { failures: this.failures, code: code ?? message });
    }
  }

  /** @returns whether there may be more */
  private async handOver(): Promise<boolean> {
    const { database, bus } = this.options;
    const rows = await database.read((em) => em.find(OutboxEntity, {}, { orderBy: { id: 'asc' }, limit: batchSize }));
    if (rows.length === 0) return false;
    await bus.call(appendAudit, { events: rows.map((row) => row.event) }, systemContext);
    const ids = rows.map((row) => row.id);
    await database.transaction((em) => em.nativeDelete(OutboxEntity, { id: { $in: ids } }));
    return rows.length === batchSize;
  }
}
