import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock, type CancelTimer } from '@flowkeep/config';
import { reportUsage, type RequestInput } from '@flowkeep/contracts';
import { Logger } from '@flowkeep/telemetry';
import { GatewayOptions } from '../gateway-options.ts';

type Report = RequestInput<typeof reportUsage>;

interface Uses {
  uses: number;
  lastUsedAt: number;
}

const reportIntervalMs = 1_000;
const maxDeltasPerReport = 10_000;

/**
 * Counts uses in memory and reports them once a second. A report is numbered and repeated until it is acknowledged;
 * the receiver applies each number once. A graceful stop loses nothing, a kill at most the last second.
 */
@Injectable()
export class UsageCounter {
  private readonly gatewayId = randomUUID();
  private counts = new Map<string, Uses>();
  private sequence = 0;
  private unacknowledged: Report | undefined;
  private sending: Promise<void> | undefined;
  private timer: CancelTimer | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: GatewayOptions,
  ) {}

  onModuleInit(): void {
    this.timer = this.clock.every(reportIntervalMs, () => void this.flush());
  }

  count(keyId: string): void {
    if (!this.options.trackUsage) return;
    const known = this.counts.get(keyId);
    if (known === undefined) this.counts.set(keyId, { uses: 1, lastUsedAt: this.clock.now() });
    else {
      known.uses++;
      known.lastUsedAt = this.clock.now();
    }
  }

  /** Reports everything counted so far; for the timer and for a graceful stop. */
  async flush(): Promise<void> {
    this.sending ??= this.send().finally(() => (this.sending = undefined));
    await this.sending;
  }

  /** Ends the timer and reports what is left. */
  async stop(): Promise<void> {
    this.timer?.();
    await this.sending;
    await this.flush();
  }

  private async send(): Promise<void> {
    try {
      for (let report = this.next(); report !== undefined; report = this.next()) {
        await this.bus.call(reportUsage, report, systemContext);
        this.unacknowledged = undefined;
      }
    } catch (error) {
      this.logger.warn('usage report not acknowledged, will be repeated', { error });
    }
  }

  private next(): Report | undefined {
    if (this.unacknowledged !== undefined) return this.unacknowledged;
    if (this.counts.size === 0) return undefined;
    const deltas: Report['deltas'] = [];
    for (const [keyId, { uses, lastUsedAt }] of this.counts) {
      if (deltas.length === maxDeltasPerReport) break;
      deltas.push({ keyId, uses, lastUsedAt });
      this.counts.delete(keyId);
    }
    this.unacknowledged = { gatewayId: this.gatewayId, sequence: ++this.sequence, deltas };
    return this.unacknowledged;
  }
}
