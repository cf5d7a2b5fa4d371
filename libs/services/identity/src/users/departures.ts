import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type CallContext, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { dropOwner, dropWorkspace, releaseOwner } from '@flowkeep/contracts';
import type { InferEntity } from '@mikro-orm/core';
import { Database } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { DepartureEntity } from './departure.entity.ts';

const waitMs = { shortest: 1_000, longest: 60_000 } as const;

type Departure = InferEntity<typeof DepartureEntity>;

/**
 * Tells the other services which users are gone, until each has done its part. Doing a part again changes nothing, so
 * that a kill on the way, or two instances at once, do no harm.
 */
@Injectable()
export class Departures implements OnModuleInit, OnModuleDestroy {
  private cancelTimer: () => void = () => undefined;
  private round: Promise<void> | null = null;
  private failures = 0;
  private readonly stopping = new AbortController();
  private readonly context: CallContext = { ...systemContext, signal: this.stopping.signal };

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.cancelTimer();
    await this.round;
  }

  /** Begins a round, unless one is under way. */
  start(): void {
    if (this.stopping.signal.aborted || this.round !== null) return;
    this.cancelTimer();
    this.round = this.settleAll()
      .then(() => (this.failures = 0))
      .catch((error: unknown) => {
        this.failures++;
        this.logger.warn('what deleted users left could not be settled yet', { cause: String(error) });
      })
      .then(() => {
        this.round = null;
        this.schedule();
      });
  }

  private schedule(): void {
    if (this.stopping.signal.aborted) return;
    // Without a failure it only looks for what another instance left undone.
    const delay = this.failures === 0 ? waitMs.longest : Math.min(waitMs.shortest * 2 ** this.failures, waitMs.longest);
    this.cancelTimer = this.clock.after(delay, () => this.start());
  }

  private async settleAll(): Promise<void> {
    const departures = await this.database.read((em) =>
      em.find(DepartureEntity, {}, { orderBy: { departedAt: 'asc' }, limit: 100 }),
    );
    for (const departure of departures) await this.settle(departure);
  }

  private async settle({ userId, heirId = null, endedWorkspaceIds }: Departure): Promise<void> {
    await this.bus.call(dropOwner, { userId }, this.context);
    for (let done = false; !done;) {
      ({ done } = await this.bus.call(releaseOwner, { userId, heirId, endedWorkspaceIds }, this.context));
    }
    // Flows first: as long as there is one, what it refers to is wanted.
    for (const workspaceId of endedWorkspaceIds) await this.bus.call(dropWorkspace, { workspaceId }, this.context);
    await this.database.transaction((em) => em.nativeDelete(DepartureEntity, { userId }));
  }
}
