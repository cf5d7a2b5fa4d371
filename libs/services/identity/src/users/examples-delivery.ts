import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { addExamples } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { IdentityOptions } from '../identity-options.ts';
import { UserEntity } from './user.entity.ts';

const waitMs = { first: 500, longest: 30_000 } as const;

/**
 * Has the examples put into the first user's workspace. What is due stands in the database, so that neither a restart nor
 * a flow-runner that starts later loses it; what was delivered once is never delivered again.
 */
@Injectable()
export class ExamplesDelivery implements OnModuleInit, OnModuleDestroy {
  private cancelTimer: () => void = () => undefined;
  private delivery: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: IdentityOptions,
  ) {}

  onModuleInit(): void {
    this.tryAfter(waitMs.first);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.cancelTimer();
    await this.delivery;
  }

  private tryAfter(delayMs: number): void {
    if (this.stopped) return;
    this.cancelTimer = this.clock.after(delayMs, () => {
      this.delivery = this.deliver().catch((error: unknown) => {
        this.logger.debug('the examples could not be delivered yet', { cause: String(error) });
        this.tryAfter(Math.min(delayMs * 2, waitMs.longest));
      });
    });
  }

  private async deliver(): Promise<void> {
    const due = await this.database.read((em) => em.find(UserEntity, { examplesPending: true }));
    for (const { id: userId, defaultWorkspaceId: workspaceId } of due) {
      if (this.options.examples) await this.bus.call(addExamples, { workspaceId, userId }, systemContext);
      await this.database.transaction((em) => em.nativeUpdate(UserEntity, { id: userId }, { examplesPending: false }));
    }
  }
}
