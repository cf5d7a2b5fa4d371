import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type AuditEvent,
  type Caller,
  type createCredential,
  type Credential,
  type deleteCredential,
  DomainError,
  type getCredential,
  type listCredentials,
  type OpenedCredential,
  type ReplyOf,
  type RequestOf,
  secretsChanged,
  type updateCredential,
} from '@flowkeep/contracts';
import { AuditOutbox, Database, inWorkspace, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { type Unreadable, UnreadableValues } from '../unreadable-values.ts';
import { type SealedValue, Values } from '../values.ts';
import { CredentialEntity, type CredentialRow, placeOf } from './credential.entity.ts';
import { type Fields, type FieldValue, shownOf, toCredential, toOpened } from './credential-view.ts';

/** Credentials of several fields, as people keep them. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly unreadable: UnreadableValues,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** One that can't be opened is listed all the same. */
  async list(
    caller: Caller,
    { types, skip, take }: RequestOf<typeof listCredentials>,
  ): Promise<ReplyOf<typeof listCredentials>> {
    const wanted = { ...inWorkspace(caller), ...(types.length === 0 ? {} : { type: { $in: types } }) };
    const [rows, total] = await this.database.read((em) =>
      em.findAndCount(CredentialEntity, wanted, { orderBy: { id: 'desc' }, offset: skip, limit: take }),
    );
    const opened = await this.open(caller.workspaceId, rows);
    return { total, credentials: rows.map((row, index) => toCredential(row, opened[index] !== null)) };
  }

  /** @throws DomainError `credential_not_found`, `credential_unreadable` */
  async get(caller: Caller, { credentialId }: RequestOf<typeof getCredential>): Promise<OpenedCredential> {
    const row = await this.find(caller, credentialId);
    return toOpened(row, await this.fieldsOf(row));
  }

  async create(caller: Caller, { name, type, fields }: RequestOf<typeof createCredential>): Promise<Credential> {
    const now = this.clock.now();
    const id = this.ids.next();
    const sealing = [{ place: placeOf({ id }), value: JSON.stringify(fields) }];
    return this.values.store(caller.workspaceId, sealing, async ([sealed], hold) => {
      const about = { id, ...ownedBy(caller), name, type, createdAt: now, updatedAt: now };
      const row: CredentialRow = { ...about, ...(sealed as SealedValue) };
      await this.change(caller, 'credential.created', { id, name, type }, async (em) => {
        await hold(em);
        await em.insert(CredentialEntity, row);
      });
      return toCredential(row, true);
    });
  }

  /** @throws DomainError `credential_not_found`, `credential_unreadable`; `conflict` when it was changed meanwhile */
  async update(caller: Caller, request: RequestOf<typeof updateCredential>): Promise<Credential> {
    const { credentialId: id, fields: given } = request;
    const row = await this.find(caller, id);
    const { name = row.name, type = row.type } = request;
    const stored = type === row.type ? await this.fieldsOf(row) : {};
    const fields = merged(type, stored, given ?? {});
    const about = {
      id,
      name,
      type,
      changedFields: Object.keys(given ?? {})
        .join(',')
        .slice(0, 512),
    };
    const sealing = [{ place: placeOf({ id }), value: JSON.stringify(fields) }];
    return this.values.store(row.workspaceId, sealing, async ([sealed], hold) => {
      const changed = {
        name,
        type,
        ...(sealed as SealedValue),
        updatedAt: Math.max(this.clock.now(), row.updatedAt + 1),
      };
      await this.change(caller, 'credential.updated', about, async (em) => {
        await hold(em);
        // What was read must still be there: of two who change different fields neither loses theirs.
        const where = { id, ...inWorkspace(caller), updatedAt: row.updatedAt };
        if ((await em.nativeUpdate(CredentialEntity, where, changed)) > 0) return;
        const there = await em.count(CredentialEntity, { id, ...inWorkspace(caller) });
        throw new DomainError(there > 0 ? 'conflict' : 'credential_not_found');
      });
      return toCredential({ ...row, ...changed }, true);
    });
  }

  /** @throws DomainError `credential_not_found` */
  async delete(
    caller: Caller,
    { credentialId: id }: RequestOf<typeof deleteCredential>,
  ): Promise<ReplyOf<typeof deleteCredential>> {
    const { name, type } = await this.find(caller, id);
    await this.change(caller, 'credential.deleted', { id, name, type }, async (em) => {
      const deleted = await em.nativeDelete(CredentialEntity, { id, ...inWorkspace(caller) });
      if (deleted === 0) throw new DomainError('credential_not_found');
    });
    return { credentialId: id };
  }

  private async find(caller: Caller, id: string): Promise<CredentialRow> {
    const row = await this.database.read((em) => em.findOne(CredentialEntity, { id, ...inWorkspace(caller) }));
    if (row === null) throw new DomainError('credential_not_found');
    return row;
  }

  private async fieldsOf(row: CredentialRow): Promise<Fields> {
    const [fields] = await this.open(row.workspaceId, [row]);
    if (fields === null || fields === undefined) throw new DomainError('credential_unreadable');
    return fields;
  }

  private async open(workspaceId: string, rows: readonly CredentialRow[]): Promise<(Fields | null)[]> {
    const sealed = rows.map((row) => ({ ...row, place: placeOf(row) }));
    const values = await this.values.open(workspaceId, sealed);
    this.unreadable.report(rows.filter((_, index) => values[index] === null).map(toUnreadable));
    return values.map((value) => (value === null ? null : (JSON.parse(value) as Fields)));
  }

  /** Makes a change, its audit event with it, and tells the others. */
  private async change(
    { workspaceId, userId, keyId }: Caller,
    action: string,
    { id, ...details }: { readonly id: string } & AuditEvent['details'],
    work: (em: SqlEntityManager) => Promise<void>,
  ): Promise<void> {
    const event = { id: this.ids.next(), at: this.clock.now(), workspaceId, actorId: userId, keyId: keyId ?? null };
    await this.database.transaction(async (em) => {
      await work(em);
      await this.audit.record(em, { ...event, action, subjectId: id, details });
    });
    this.bus.emit(secretsChanged, { workspaceIds: [workspaceId] });
  }
}

/** What is given laid over what there is. What comes back as it was shown was not touched. */
function merged(type: string, stored: Fields, given: Readonly<Record<string, FieldValue | null>>): Fields {
  const fields = new Map(Object.entries(stored));
  for (const [name, value] of Object.entries(given)) {
    const before = fields.get(name);
    if (value === null) fields.delete(name);
    else if (before === undefined || shownOf(type, name, before) !== value) fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

function toUnreadable({ id, name, workspaceId, updatedAt }: CredentialRow): Unreadable {
  return { kind: 'credential', id, workspaceId, storedAt: updatedAt, details: { name } };
}
