import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { dropFlowSecrets } from '@flowkeep/contracts';
import { Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { SecretCleanupEntity } from './secret-cleanup.entity.ts';

/** How long a save may take; after that its secrets count as left over. */
const saveMs = 600_000;
/** How long a run may take from looking up its flow to having its secrets. */
const runStartMs = 60_000;
const roundMs = 30_000;
const rowsPerRound = 100;

/**
 * Deletes secrets of flows from the vault once nothing refers to them. What is to be deleted is written down first, in
 * the transaction of the change, so that neither a kill nor a vault that is away leaves any behind.
 */
@Injectable()
export class SecretCleanup implements OnModuleInit, OnModuleDestroy {
  private cancelTimer: () => void = () => undefined;
  private round: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.cancelTimer();
    await this.round;
  }

  /**
   * Writes down secrets that are about to be kept: they go unless {@link settle} says in time that a flow refers to them.
   *
   * @returns the id to settle
   */
  async announce(workspaceId: string, flowId: string, secretIds: readonly string[]): Promise<string> {
    const id = this.ids.next();
    const dueAt = this.clock.now() + saveMs;
    await this.database.transaction((em) =>
      em.insert(SecretCleanupEntity, { id, workspaceId, flowId, secretIds: JSON.stringify(secretIds), dueAt }),
    );
    return id;
  }

  /** In the transaction that stores the flow: its secrets stay. */
  async settle(em: SqlEntityManager, id: string): Promise<void> {
    await em.nativeDelete(SecretCleanupEntity, { id });
  }

  /** The save came to nothing: its secrets go now. */
  async abandon(id: string): Promise<void> {
    await this.database.transaction((em) => em.nativeUpdate(SecretCleanupEntity, { id }, { dueAt: this.clock.now() }));
    this.start();
  }

  /** In the transaction that deletes a flow: all of its secrets go. */
  async dropAll(em: SqlEntityManager, workspaceId: string, flowId: string): Promise<void> {
    const row = { id: this.ids.next(), workspaceId, flowId, secretIds: null, dueAt: this.clock.now() };
    await em.insert(SecretCleanupEntity, row);
  }

  /** In the transaction that stores a flow without these: they go, once no run that has begun still asks for them. */
  async drop(em: SqlEntityManager, workspaceId: string, flowId: string, secretIds: readonly string[]): Promise<void> {
    const dueAt = this.clock.now() + runStartMs;
    const row = { id: this.ids.next(), workspaceId, flowId, secretIds: JSON.stringify(secretIds), dueAt };
    await em.insert(SecretCleanupEntity, row);
  }

  /** Begins a round, unless one is under way. */
  start(): void {
    if (this.stopped || this.round !== null) return;
    this.cancelTimer();
    this.round = this.dropDue()
      .catch((error: unknown) => this.logger.warn('secrets of flows could not be cleaned up', { cause: String(error) }))
      .finally(() => {
        this.round = null;
        this.schedule();
      });
  }

  private schedule(): void {
    if (!this.stopped) this.cancelTimer = this.clock.after(roundMs, () => this.start());
  }

  private async dropDue(): Promise<void> {
    const due = await this.database.read((em) =>
      em.find(
        SecretCleanupEntity,
        { dueAt: { $lte: this.clock.now() } },
        { orderBy: { dueAt: 'asc' }, limit: rowsPerRound },
      ),
    );
    for (const { id, flowId, secretIds } of due) {
      if (this.stopped) return;
      const named = secretIds == null ? null : (JSON.parse(secretIds) as string[]);
      await this.bus.call(dropFlowSecrets, { flowId, secretIds: named }, systemContext);
      await this.database.transaction((em) => em.nativeDelete(SecretCleanupEntity, { id }));
    }
  }
}
