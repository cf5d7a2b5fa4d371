import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import { type AuditEvent, type Rotation } from '@flowkeep/contracts';
import { AuditOutbox, Database, query, UuidV7 } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { RotationEntity, type RotationRow } from './rotation.entity.ts';

/** A rotation as its work sees it. */
export interface RunningRotation extends Rotation {
  readonly secretKeyId: string | null;
}

/** Who asked for a rotation; null for an operator at the server itself. */
export type Actor = Pick<AuditEvent, 'actorId' | 'keyId' | 'workspaceId'>;

export const operator: Actor = { actorId: null, keyId: null, workspaceId: null };

/** What is written down about rotations: how far they are, and that they began and ended. */
@Injectable()
export class RotationLog {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** The rotation that was started last. */
  async last(): Promise<RunningRotation | null> {
    const orderBy = { startedAt: 'desc', id: 'desc' } as const;
    const [row] = await this.database.read((em) => em.find(RotationEntity, {}, { orderBy, limit: 1 }));
    return row === undefined ? null : toRotation(row);
  }

  async running(): Promise<RunningRotation | null> {
    const row = await this.database.read((em) => em.findOne(RotationEntity, { running: 1 }));
    return row === null ? null : toRotation(row);
  }

  /**
   * Writes down that a rotation begins.
   *
   * @throws what a second running one violates
   */
  async begin(
    em: SqlEntityManager,
    rotation: Pick<RunningRotation, 'kind' | 'workspaceId' | 'secretKeyId' | 'total'>,
    actor: Actor,
  ): Promise<RunningRotation> {
    const now = this.clock.now();
    const row = {
      id: this.ids.next(),
      ...rotation,
      state: 'running' as const,
      running: 1,
      done: 0,
      unreadable: 0,
      startedAt: now,
      updatedAt: now,
      finishedAt: null,
    };
    await em.insert(RotationEntity, row);
    await this.record(em, 'vault.rotation-started', row, actor);
    return toRotation(row);
  }

  /**
   * Adds to what is done. In the transaction of the work, so that nothing is counted twice.
   *
   * @throws Error when the rotation goes on no more: what was done in this transaction is undone
   */
  async progress(em: SqlEntityManager, id: string, done: number): Promise<void> {
    const sql = 'update rotation set done = done + $2, updated_at = $3 where id = $1 and running = 1';
    const { affected } = await query(em, sql, [id, done, this.clock.now()]);
    if (affected === 0) throw new Error('the rotation was ended elsewhere');
  }

  /** Says that a rotation is still being worked on. */
  async beat(id: string): Promise<void> {
    await this.database.transaction((em) => this.progress(em, id, 0));
  }

  /** Ends a rotation, once however many work on it. */
  async end(
    em: SqlEntityManager,
    { id }: Pick<RunningRotation, 'id'>,
    state: 'finished' | 'cancelled' | 'failed',
    unreadable: number,
  ): Promise<void> {
    const { affected } = await query(
      em,
      `update rotation set state = $2, running = null, unreadable = $3, finished_at = $4, updated_at = $4
       where id = $1 and running = 1`,
      [id, state, unreadable, this.clock.now()],
    );
    if (affected === 0) return;
    const row = await em.findOneOrFail(RotationEntity, { id });
    await this.record(em, `vault.rotation-${state}`, toRotation(row), operator);
  }

  private record(
    em: SqlEntityManager,
    action: string,
    { id, kind, workspaceId, secretKeyId, done, unreadable }: RunningRotation,
    actor: Actor,
  ): Promise<void> {
    return this.audit.record(em, {
      ...actor,
      workspaceId: workspaceId ?? actor.workspaceId,
      id: this.ids.next(),
      at: this.clock.now(),
      action,
      subjectId: id,
      details: { kind, secretKeyId, done, unreadable },
    });
  }
}

/** A rotation as it may be shown. */
export function toView(rotation: RunningRotation): Rotation {
  const { id, kind, workspaceId, state, total, done, unreadable, startedAt, updatedAt, finishedAt } = rotation;
  return { id, kind, workspaceId, state, total, done, unreadable, startedAt, updatedAt, finishedAt };
}

function toRotation(row: RotationRow): RunningRotation {
  const { id, kind, workspaceId, secretKeyId, state, total, done, unreadable, startedAt, updatedAt } = row;
  const ends = {
    workspaceId: workspaceId ?? null,
    secretKeyId: secretKeyId ?? null,
    finishedAt: row.finishedAt ?? null,
  };
  return { id, kind, state, total, done, unreadable, startedAt, updatedAt, ...ends };
}
