import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import type { InferEntity } from '@mikro-orm/core';
import { addExamples, importEnvironment } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { IdentityOptions } from '../identity-options.ts';
import { UserEntity } from './user.entity.ts';

const waitMs = { first: 500, longest: 30_000 } as const;

type Owner = Pick<InferEntity<typeof UserEntity>, 'id' | 'defaultWorkspaceId'>;

/**
 * Sees to it that a workspace has what its owner expects to find: the variables of the server's environment, and in the
 * first user's the examples. That these are due stands in the database, so that neither a restart nor a flow-runner that
 * starts later loses it; what was delivered once is never delivered again.
 */
@Injectable()
export class Provisioning implements OnModuleInit, OnModuleDestroy {
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

  /** At a sign-in: the variables are there when the answer is. A vault that is away keeps nobody out. */
  async atSignIn(user: Owner): Promise<void> {
    try {
      await this.importEnvironment(user);
    } catch (error) {
      this.logger.warn('the environment could not be imported', { cause: String(error) });
    }
  }

  private tryAfter(delayMs: number): void {
    if (this.stopped) return;
    this.cancelTimer = this.clock.after(delayMs, () => {
      this.delivery = this.deliver().catch((error: unknown) => {
        this.logger.debug('not everything could be provided yet', { cause: String(error) });
        this.tryAfter(Math.min(delayMs * 2, waitMs.longest));
      });
    });
  }

  private async deliver(): Promise<void> {
    const first = await this.database.read((em) =>
      em.findOne(UserEntity, { superuser: true, active: true }, { orderBy: { createdAt: 'asc' } }),
    );
    if (first !== null) await this.importEnvironment(first);
    const due = await this.database.read((em) => em.find(UserEntity, { examplesPending: true }));
    for (const { id: userId, defaultWorkspaceId: workspaceId } of due) {
      if (this.options.examples) await this.bus.call(addExamples, { workspaceId, userId }, systemContext);
      await this.database.transaction((em) => em.nativeUpdate(UserEntity, { id: userId }, { examplesPending: false }));
    }
  }

  private importEnvironment({ id: userId, defaultWorkspaceId: workspaceId }: Owner): Promise<unknown> {
    return this.bus.call(importEnvironment, { workspaceId, userId }, systemContext);
  }
}
