import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock, type CancelTimer } from '@flowkeep/config';
import { type CredentialFacts, reportUsage, type RequestInput } from '@flowkeep/contracts';
import { Logger } from '@flowkeep/telemetry';
import { GatewayOptions } from '../gateway-options.ts';

type Report = RequestInput<typeof reportUsage>;
type Delta = Report['deltas'][number];

/** One use of a key. */
export interface KeyUse {
  readonly keyId: string;
  readonly secret: CredentialFacts['secret'];
  /** Where it came from. */
  readonly address: string;
  /** What the client calls the flow it runs, if any. */
  readonly flow: string | null;
}

interface Uses {
  uses: number;
  lastUsedAt: number;
  address: string;
  previousUsedAt: number | null;
}

const reportIntervalMs = 1_000;
const maxDeltasPerReport = 10_000;
const dayMs = 24 * 60 * 60 * 1000;
/** Of each key between two reports; a client may make names up. */
const maxFlowsPerKey = 200;

/**
 * Counts uses in memory and reports them once a second. A report is numbered and repeated until it is acknowledged;
 * the receiver applies each number once. A graceful stop loses nothing, a kill at most the last second.
 */
@Injectable()
export class UsageCounter {
  private readonly gatewayId = randomUUID();
  /** By key, then by flow. */
  private counts = new Map<string, Map<string | null, Uses>>();
  /** The day they were counted on; those of a day before wait here for their report. */
  private day = 0;
  private waiting: Delta[] = [];
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

  count({ keyId, secret, address, flow }: KeyUse): void {
    if (!this.options.trackUsage) return;
    const now = this.clock.now();
    this.turnDay(now);
    const uses = this.usesOf(keyId, flow);
    uses.uses++;
    uses.lastUsedAt = now;
    uses.address = address.slice(0, 64);
    if (secret === 'previous') uses.previousUsedAt = now;
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

  private usesOf(keyId: string, flow: string | null): Uses {
    let flows = this.counts.get(keyId);
    if (flows === undefined) this.counts.set(keyId, (flows = new Map<string | null, Uses>()));
    const place = flow !== null && (flows.has(flow) || (flows.size < maxFlowsPerKey && isStorable(flow))) ? flow : null;
    let uses = flows.get(place);
    if (uses === undefined) flows.set(place, (uses = { uses: 0, lastUsedAt: 0, address: '', previousUsedAt: null }));
    return uses;
  }

  /** Uses of two days never share a delta. */
  private turnDay(now: number): void {
    const day = Math.floor(now / dayMs);
    if (day === this.day) return;
    this.collect();
    this.day = day;
  }

  private collect(): void {
    for (const [keyId, flows] of this.counts) {
      for (const [flow, uses] of flows) this.waiting.push({ keyId, flow, ...uses });
    }
    this.counts = new Map();
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
    this.collect();
    if (this.waiting.length === 0) return undefined;
    const deltas = this.waiting.splice(0, maxDeltasPerReport);
    this.unacknowledged = { gatewayId: this.gatewayId, sequence: ++this.sequence, deltas };
    return this.unacknowledged;
  }
}

/** A report that the receiver refuses would be repeated for ever. */
function isStorable(text: string): boolean {
  return text !== '' && text.length <= 255 && !text.includes('\u0000') && text.isWellFormed();
}
