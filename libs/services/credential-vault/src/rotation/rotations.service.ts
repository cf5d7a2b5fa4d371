import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type CancelTimer, Clock } from '@flowkeep/config';
import {
  type Caller,
  DomainError,
  type ReplyOf,
  type RequestOf,
  type rotateDataKeys,
  type Rotation,
  type rotationStatus,
} from '@flowkeep/contracts';
import { Database, isUniqueViolation, query } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { DataKeys } from '../data-keys/data-keys.ts';
import { announce, foreignSecretKey, holdRegistry, readRegistry } from '../data-keys/registry.ts';
import { sealCanary } from '../data-keys/secret-keys.ts';
import { DataKeyRotation } from './data-key-rotation.ts';
import { type Actor, RotationLog, type RunningRotation, toView } from './rotation-log.ts';
import { sealedTables } from './sealed-tables.ts';
import { SecretKeyRotation } from './secret-key-rotation.ts';

/** How often an instance looks whether a rotation was left alone. */
const watchMs = 30_000;
/** Without news of a rotation for this long, whoever worked on it is gone. */
const abandonedMs = 60_000;

/** Starts changes of keys, and sees that one that was started is finished. */
@Injectable()
export class RotationsService implements OnModuleInit, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;
  private cancelTimer: CancelTimer = () => {};

  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly log: RotationLog,
    private readonly ofSecretKey: SecretKeyRotation,
    private readonly ofDataKeys: DataKeyRotation,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Goes on with what a process that ended too soon left. */
  onModuleInit(): void {
    this.drive();
    this.cancelTimer = this.clock.every(watchMs, () => this.driveAbandoned());
  }

  async onModuleDestroy(): Promise<void> {
    this.cancelTimer();
    this.stopping.abort();
    await this.working;
  }

  async status(): Promise<ReplyOf<typeof rotationStatus>> {
    const { target } = this.dataKeys.given;
    const { current } = await this.database.read(readRegistry);
    const last = await this.log.last();
    const id = current?.id ?? target.id;
    return { secretKey: { id, configured: id === target.id }, rotation: last === null ? null : toView(last) };
  }

  /** @throws DomainError `rotation_unneeded`, `rotation_running` */
  async rotateSecretKey(caller: Caller): Promise<Rotation> {
    const started = await this.startSecretKey(actorOf(caller));
    this.drive();
    return toView(started);
  }

  /** @throws DomainError `workspace_not_found` for one that has no data key, `rotation_running` */
  async rotateDataKeys(caller: Caller, { workspaceId }: RequestOf<typeof rotateDataKeys>): Promise<Rotation> {
    const started = await this.startDataKeys(actorOf(caller), workspaceId ?? null);
    this.drive();
    return toView(started);
  }

  /**
   * Begins to bring every data key under the secret key of the settings. A change to another one that is not finished is
   * given up: everything still opens with the key before it.
   *
   * @throws DomainError `rotation_unneeded` when everything is under it already
   */
  async startSecretKey(actor: Actor): Promise<RunningRotation> {
    const { target } = this.dataKeys.given;
    const sealed = sealCanary(target);
    const now = this.clock.now();
    return this.begin(async (em) => {
      await holdRegistry(em, this.database, 'update');
      const running = await this.runningIn(em);
      if (running?.kind === 'secret-key' && running.secretKeyId !== target.id) {
        await this.log.end(em, running, 'cancelled', 0);
      }
      const { current, next } = await readRegistry(em);
      if (current?.id === target.id && next === undefined) throw new DomainError('rotation_unneeded');
      if (next !== undefined && next.id !== target.id) {
        await query(em, "delete from secret_key where id = $1 and role = 'next'", [next.id]);
      }
      if (current?.id !== target.id) await announce(em, this.database, { id: target.id, sealed, now });
      const total = await count(em, 'data_key', null);
      return this.log.begin(em, { kind: 'secret-key', workspaceId: null, secretKeyId: target.id, total }, actor);
    });
  }

  /** Begins to give every workspace and the services, or one workspace, a new data key. */
  async startDataKeys(actor: Actor, workspaceId: string | null): Promise<RunningRotation> {
    return this.begin(async (em) => {
      if (workspaceId !== null && (await count(em, 'data_key', workspaceId)) === 0) {
        throw new DomainError('workspace_not_found');
      }
      let total = 0;
      for (const { name, columns } of sealedTables) {
        if (workspaceId === null || columns.includes('workspace_id')) total += await count(em, name, workspaceId);
      }
      return this.log.begin(em, { kind: 'data-keys', workspaceId, secretKeyId: null, total }, actor);
    });
  }

  /**
   * Works on a rotation until it ends.
   *
   * @throws Error when it can't go on now; what was done stays done
   */
  async work(rotation: RunningRotation): Promise<void> {
    const { signal } = this.stopping;
    await (rotation.kind === 'secret-key' ? this.ofSecretKey : this.ofDataKeys).run(rotation, signal);
  }

  /** Works on what is running, unless this process does already; nobody waits for it. */
  private drive(): void {
    this.working ??= this.driveOnce().finally(() => {
      this.working = undefined;
    });
  }

  private async driveOnce(): Promise<void> {
    try {
      for (let rotation = await this.log.running(); rotation !== null; rotation = await this.log.running()) {
        this.logger.info('keys of the vault are being changed', { rotation: rotation.id, kind: rotation.kind });
        await this.work(rotation);
      }
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      // It is tried again: see `driveAbandoned`.
      const { code, message, detail } = error as { code?: string; message: string; detail?: string };
      this.logger.warn('the change of keys stopped for now', { code: code ?? message, detail });
    }
  }

  private driveAbandoned(): void {
    const look = async () => {
      const rotation = await this.log.running().catch(() => null);
      if (rotation !== null && this.clock.now() - rotation.updatedAt >= abandonedMs) this.drive();
    };
    if (this.working === undefined) void look();
  }

  /** There is one at a time, whichever instance was asked. */
  private async begin(work: (em: SqlEntityManager) => Promise<RunningRotation>): Promise<RunningRotation> {
    try {
      return await this.database.transaction(async (em) => {
        // Refused before anything is made that would not be undone, should the instances' clocks differ.
        const { current } = await readRegistry(em);
        if (current === undefined || !this.dataKeys.given.byId.has(current.id)) throw foreignSecretKey();
        return work(em);
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new DomainError('rotation_running');
      throw error;
    }
  }

  private async runningIn(
    em: SqlEntityManager,
  ): Promise<{ id: string; kind: string; secretKeyId: string } | undefined> {
    const sql = 'select id, kind, secret_key_id as "secretKeyId" from rotation where running = 1';
    return (await query<{ id: string; kind: string; secretKeyId: string }>(em, sql)).rows[0];
  }
}

function actorOf({ userId, keyId, workspaceId }: Caller): Actor {
  return { actorId: userId, keyId: keyId ?? null, workspaceId };
}

async function count(em: SqlEntityManager, table: string, workspaceId: string | null): Promise<number> {
  const where = workspaceId === null ? '' : ' where workspace_id = $1';
  const parameters = workspaceId === null ? [] : [workspaceId];
  const { rows } = await query<{ count: number | string }>(
    em,
    `select count(*) as count from ${table}${where}`,
    parameters,
  );
  return Number(rows[0]?.count);
}
