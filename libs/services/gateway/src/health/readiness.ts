import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { identityHealth, keysHealth, runnerHealth, vaultHealth } from '@flowkeep/contracts';

export type PartState = 'ok' | 'failing';

export interface ReadinessReport {
  readonly ready: boolean;
  readonly parts: Readonly<Record<'bus' | 'identity' | 'keys' | 'vault' | 'runner', PartState>>;
}

/** Probes come from anybody; what they find is asked for at most this often. */
const reuseMs = 1_000;

const operations = { identity: identityHealth, keys: keysHealth, vault: vaultHealth, runner: runnerHealth } as const;

/** Whether requests can be served now. */
@Injectable()
export class Readiness {
  private stopping = false;
  private report: Promise<ReadinessReport> | undefined;
  private askedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** From now on not ready: the first step of a stop, so that load balancers look elsewhere. */
  stop(): void {
    this.stopping = true;
    this.report = undefined;
  }

  async check(): Promise<ReadinessReport> {
    const now = this.clock.monotonic();
    if (this.report === undefined || now - this.askedMs >= reuseMs) {
      this.askedMs = now;
      this.report = this.ask();
    }
    return this.report;
  }

  private async ask(): Promise<ReadinessReport> {
    const names = Object.keys(operations) as (keyof typeof operations)[];
    const states = await Promise.all(names.map(async (name) => [name, await this.stateOf(name)] as const));
    const bus: PartState = this.bus.connected() ? 'ok' : 'failing';
    const parts = { bus, ...Object.fromEntries(states) } as ReadinessReport['parts'];
    return { ready: !this.stopping && Object.values(parts).every((state) => state === 'ok'), parts };
  }

  private async stateOf(name: keyof typeof operations): Promise<PartState> {
    try {
      return (await this.bus.call(operations[name], {}, systemContext)).database;
    } catch {
      return 'failing';
    }
  }
}
