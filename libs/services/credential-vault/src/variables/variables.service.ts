import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type AuditEvent,
  type Caller,
  type createVariable,
  type deleteVariable,
  DomainError,
  type listVariables,
  type ReplyOf,
  type RequestOf,
  secretsChanged,
  type updateVariable,
  type Variable,
} from '@flowkeep/contracts';
import { AuditOutbox, Database, inWorkspace, isUniqueViolation, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { Values } from '../values.ts';
import { UnreadableVariables } from './unreadable-variables.ts';
import { VariableEntity, type VariableRow } from './variable.entity.ts';
import { placeOf, toView } from './variable-view.ts';

/** Variables, as people keep them. */
@Injectable()
export class VariablesService {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly unreadable: UnreadableVariables,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `name_taken` */
  async create(caller: Caller, request: RequestOf<typeof createVariable>): Promise<Variable> {
    const { name, value, kind, defaultFields } = request;
    const now = this.clock.now();
    const id = this.ids.next();
    const row: VariableRow = {
      id,
      ...ownedBy(caller),
      name,
      kind,
      ...(await this.values.seal(caller.workspaceId, placeOf({ id }), value)),
      defaultFields: JSON.stringify(defaultFields),
      origin: 'person',
      createdAt: now,
      updatedAt: now,
      lastUsedAt: null,
    };
    await this.change(caller, 'variable.created', { id, name, kind }, async (em) => {
      await em.insert(VariableEntity, row);
    });
    return toView(row, value);
  }

  /** By name. A value that can't be opened is listed all the same. */
  async list(caller: Caller, { skip, take }: RequestOf<typeof listVariables>): Promise<ReplyOf<typeof listVariables>> {
    const [rows, total] = await this.database.read((em) =>
      em.findAndCount(VariableEntity, inWorkspace(caller), { orderBy: { name: 'asc' }, offset: skip, limit: take }),
    );
    const values = await this.open(caller.workspaceId, rows);
    this.unreadable.report(rows.filter((_, index) => values[index] === null));
    return { total, variables: rows.map((row, index) => toView(row, values[index] ?? null)) };
  }

  /**
   * Changes what is given. Whoever makes a credential readable must know it: the value has to come along.
   *
   * @throws DomainError `variable_not_found`, `name_taken`, `invalid_request`; `conflict` when its kind was changed at
   *   the same time
   */
  async update(caller: Caller, request: RequestOf<typeof updateVariable>): Promise<Variable> {
    const { variableId: id, name, value, kind, defaultFields } = request;
    const where = { id, ...inWorkspace(caller) };
    const row = await this.database.read((em) => em.findOne(VariableEntity, where));
    if (row === null) throw new DomainError('variable_not_found');
    if (kind === 'generic' && row.kind === 'credential' && value === undefined) throw valueNeeded();
    const changed = {
      ...(name === undefined ? {} : { name }),
      ...(kind === undefined ? {} : { kind }),
      ...(defaultFields === undefined ? {} : { defaultFields: JSON.stringify(defaultFields) }),
      ...(value === undefined ? {} : await this.values.seal(row.workspaceId, placeOf(row), value)),
      origin: 'person' as const,
      updatedAt: this.clock.now(),
    };
    const saved = { ...row, ...changed };
    const about = { id, name: saved.name, kind: saved.kind, valueChanged: value !== undefined };
    // The kind that was looked at must still be there: a credential is not made readable by two changes that meet.
    await this.change(caller, 'variable.updated', about, async (em) => {
      if ((await em.nativeUpdate(VariableEntity, { ...where, kind: row.kind }, changed)) > 0) return;
      throw new DomainError((await em.count(VariableEntity, where)) > 0 ? 'conflict' : 'variable_not_found');
    });
    const shown = value ?? (await this.open(caller.workspaceId, [saved]))[0] ?? null;
    return toView(saved, shown);
  }

  /** @throws DomainError `variable_not_found` */
  async delete(
    caller: Caller,
    { variableId: id }: RequestOf<typeof deleteVariable>,
  ): Promise<ReplyOf<typeof deleteVariable>> {
    const where = { id, ...inWorkspace(caller) };
    const row = await this.database.read((em) => em.findOne(VariableEntity, where));
    if (row === null) throw new DomainError('variable_not_found');
    await this.change(caller, 'variable.deleted', { id, name: row.name, kind: row.kind }, async (em) => {
      if ((await em.nativeDelete(VariableEntity, where)) === 0) throw new DomainError('variable_not_found');
    });
    return { variableId: id };
  }

  private open(workspaceId: string, rows: readonly VariableRow[]): Promise<(string | null)[]> {
    return this.values.open(
      workspaceId,
      rows.map((row) => ({ ...row, place: placeOf(row) })),
    );
  }

  /** Makes a change, its audit event with it, and tells the others. */
  private async change(
    { workspaceId, userId, keyId }: Caller,
    action: string,
    { id, ...details }: { readonly id: string } & AuditEvent['details'],
    work: (em: SqlEntityManager) => Promise<void>,
  ): Promise<void> {
    const event = { id: this.ids.next(), at: this.clock.now(), workspaceId, actorId: userId, keyId: keyId ?? null };
    try {
      await this.database.transaction(async (em) => {
        await work(em);
        await this.audit.record(em, { ...event, action, subjectId: id, details });
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new DomainError('name_taken', { message: 'Variable name already exists' });
      throw error;
    }
    this.bus.emit(secretsChanged, { workspaceIds: [workspaceId] });
  }
}

function valueNeeded(): DomainError {
  const message = 'Give the value again: a credential is not made readable without it.';
  return new DomainError('invalid_request', { message, issues: [{ path: ['value'], code: 'required', message }] });
}
