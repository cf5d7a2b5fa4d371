import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type AuditEvent, DomainError, type ServiceName } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { type Head, linkTo, sameMac, sealOf } from './audit-chain.ts';
import { type AuditKey, AuditKeys, auditPage, digestOfUnchained } from './audit-keys.ts';
import { insertEvent, knownIds, lockHead, placeEvent, readEvents, readHead, writeHead } from './audit-rows.ts';

/**
 * The audit log of all services: a chain in which every event vouches for all before it. Each has the next number and a
 * MAC over itself and the MAC before; the ends of the chain are sealed with the same key.
 */
@Injectable()
export class AuditService implements OnModuleInit, OnModuleDestroy {
  private key: Uint8Array | undefined;
  private preparing: Promise<Uint8Array> | undefined;

  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
  ) {}

  /** Begins with the work there may be; what fails is tried again when it is needed. */
  onModuleInit(): void {
    void this.ready().catch(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    await this.preparing?.catch(() => undefined);
  }

  /**
   * Makes sure that events can be appended. Await it before the transaction that does.
   *
   * @returns the key of the chain
   * @throws DomainError `unavailable` while the vault can't be reached; the next call tries again
   */
  async ready(): Promise<Uint8Array> {
    if (this.key !== undefined) return this.key;
    try {
      if (this.preparing !== undefined) return await this.preparing;
    } catch {
      // It began before this was asked; what it waited for in vain may be there by now.
    }
    this.preparing ??= this.prepare().finally(() => (this.preparing = undefined));
    return this.preparing;
  }

  /**
   * Appends events inside the transaction of `em`; those that are there already are left alone. Do it last: it holds
   * the lock of the log until the transaction ends.
   *
   * @throws DomainError `unavailable` before {@link ready}; `internal` when somebody moved the end of the log
   */
  async append(em: SqlEntityManager, service: ServiceName, events: readonly AuditEvent[]): Promise<void> {
    const { key } = this;
    if (key === undefined) throw new DomainError('unavailable', { detail: 'the audit log has no key yet' });
    const head = await this.locked(em, key);
    const known = await knownIds(em, events);
    let { last } = head;
    for (const event of events) {
      if (known.has(event.id.toLowerCase())) continue;
      known.add(event.id.toLowerCase());
      const recorded = { ...event, service };
      const link = linkTo(last, recorded, key);
      await insertEvent(em, recorded, last, link);
      last = link;
    }
    if (last !== head.last) await writeHead(em, { ...head, last }, key);
  }

  /**
   * The ends of the log, locked for the rest of the transaction.
   *
   * @throws DomainError `internal` when their seal is not ours: to go on would make a changed log look whole
   */
  async locked(em: SqlEntityManager, key: Uint8Array): Promise<Head> {
    const head = await lockHead(em, this.database.dialect);
    if (head?.seal == null || !sameMac(head.seal, sealOf(head, key))) throw brokenLog('its end was moved');
    return head;
  }

  private async prepare(): Promise<Uint8Array> {
    const auditKey = await this.keys.load();
    await this.begin(auditKey);
    this.key = auditKey.key;
    return auditKey.key;
  }

  /**
   * Begins the chain with the events from before there was one, if nobody did yet. They must be those that were there
   * when the key was made: otherwise whoever takes the chain away could have any events chained anew.
   */
  private async begin({ key, before }: AuditKey): Promise<void> {
    const head = await this.database.read((em) => readHead(em));
    if (head !== null && head.last.sequence >= before.events && head.seal !== null) return;
    if (head?.seal === null) {
      const found = await digestOfUnchained(this.database);
      await this.database.transaction((em) => this.sealFirst(em, key, sameMac(found.digest, before.digest)));
    }
    while (await this.database.transaction((em) => this.adopt(em, key, before.events)));
  }

  /** Another instance may have been faster; then the digest, read without a lock, says nothing. */
  private async sealFirst(em: SqlEntityManager, key: Uint8Array, asBefore: boolean): Promise<void> {
    const head = await lockHead(em, this.database.dialect);
    if (head?.seal !== null) return;
    if (!asBefore || head.last.sequence !== 0) throw brokenLog('it does not begin with the events it began with');
    await writeHead(em, head, key);
  }

  /**
   * Chains the next events from before there was a chain.
   *
   * @param total how many there are
   * @returns whether there are more
   */
  private async adopt(em: SqlEntityManager, key: Uint8Array, total: number): Promise<boolean> {
    const head = await this.locked(em, key);
    const limit = Math.min(auditPage, total - head.last.sequence);
    if (limit <= 0) return false;
    const events = await readEvents(em, `sequence is null order by id limit ${limit}`, []);
    if (events.length < limit) throw brokenLog('events it began with are gone');
    let { last } = head;
    for (const event of events) {
      const link = linkTo(last, event, key);
      await placeEvent(em, event.id, last, link);
      last = link;
    }
    await writeHead(em, { ...head, last }, key);
    return last.sequence < total;
  }
}

/** For the log of the operator; who asks hears of a failure on our side. */
function brokenLog(what: string): DomainError {
  return new DomainError('internal', { detail: `the audit log was changed by hand: ${what}` });
}
