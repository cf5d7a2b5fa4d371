import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus, type OperationContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type AuditEvent,
  type Caller,
  type createVariable,
  type deleteVariable,
  DomainError,
  hasRight,
  type listVariables,
  type ReplyOf,
  type RequestOf,
  secretsChanged,
  type updateVariable,
  type Variable,
} from '@flowkeep/contracts';
import { AuditOutbox, Database, inWorkspace, isUniqueViolation, ownedBy, UuidV7 } from '@flowkeep/persistence';
import { UnreadableValues } from '../unreadable-values.ts';
import { type SealedValue, Values } from '../values.ts';
import { References } from './references.ts';
import { requireUnused } from './require-unused.ts';
import { VariableEntity, type VariableRow } from './variable.entity.ts';
import { placeOf, toUnreadable, toView } from './variable-view.ts';

/** Variables, as people keep them. */
@Injectable()
export class VariablesService {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly unreadable: UnreadableValues,
    private readonly references: References,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `name_taken`; `invalid_request`, `insufficient_permission` or `reference_refused` for what it holds */
  async create(
    caller: Caller,
    request: RequestOf<typeof createVariable>,
    id: string = this.ids.next(),
  ): Promise<Variable> {
    const { name, kind, defaultFields } = request;
    const content = this.contentOf(caller, request, kind);
    if (content === null) throw refused('value', 'required', 'Give a value, or a reference to one.');
    const now = this.clock.now();
    const { source, text } = content;
    const place = placeOf({ id, source });
    return this.values.store(caller.workspaceId, [{ place, value: text }], async ([sealed], hold) => {
      const row: VariableRow = {
        id,
        ...ownedBy(caller),
        name,
        kind,
        source,
        ...(sealed as SealedValue),
        defaultFields: JSON.stringify(defaultFields),
        origin: 'person',
        createdAt: now,
        updatedAt: now,
        lastUsedAt: null,
      };
      await this.change(caller, 'variable.created', { id, name, kind, source }, async (em) => {
        await hold(em);
        await em.insert(VariableEntity, row);
      });
      return toView(row, text, seesReferences(caller));
    });
  }

  /** By name. A value that can't be opened is listed all the same. */
  async list(caller: Caller, { skip, take }: RequestOf<typeof listVariables>): Promise<ReplyOf<typeof listVariables>> {
    const [rows, total] = await this.database.read((em) =>
      em.findAndCount(VariableEntity, inWorkspace(caller), { orderBy: { name: 'asc' }, offset: skip, limit: take }),
    );
    const values = await this.open(caller.workspaceId, rows);
    const sees = seesReferences(caller);
    this.unreadable.report(rows.filter((_, index) => values[index] === null).map(toUnreadable));
    return { total, variables: rows.map((row, index) => toView(row, values[index] ?? null, sees)) };
  }

  /**
   * Changes what is given. Whoever makes a credential readable must know it: the value has to come along.
   *
   * @throws DomainError `variable_not_found`, `name_taken`, `invalid_request`; `insufficient_permission` or
   *   `reference_refused` for what it is to hold; `conflict` when its kind was changed at the same time
   */
  async update(caller: Caller, request: RequestOf<typeof updateVariable>): Promise<Variable> {
    const { variableId: id, name, kind, defaultFields } = request;
    const where = { id, ...inWorkspace(caller) };
    const row = await this.database.read((em) => em.findOne(VariableEntity, where));
    if (row === null) throw new DomainError('variable_not_found');
    const content = this.contentOf(caller, request, kind ?? row.kind);
    if (kind === 'generic' && row.kind === 'credential' && content === null) throw valueNeeded();
    const changed = {
      ...(name === undefined ? {} : { name }),
      ...(kind === undefined ? {} : { kind }),
      ...(defaultFields === undefined ? {} : { defaultFields: JSON.stringify(defaultFields) }),
      origin: 'person' as const,
      updatedAt: this.clock.now(),
    };
    const about = { id, name: name ?? row.name, kind: kind ?? row.kind, valueChanged: content !== null };
    const save = (
      sealed: Partial<SealedValue & Pick<VariableRow, 'source'>>,
      hold?: (em: SqlEntityManager) => Promise<void>,
    ) =>
      // The kind that was looked at must still be there: a credential is not made readable by two changes that meet.
      this.change(caller, 'variable.updated', about, async (em) => {
        await hold?.(em);
        if ((await em.nativeUpdate(VariableEntity, { ...where, kind: row.kind }, { ...changed, ...sealed })) > 0)
          return;
        throw new DomainError((await em.count(VariableEntity, where)) > 0 ? 'conflict' : 'variable_not_found');
      });
    if (content === null) {
      await save({});
      const saved = { ...row, ...changed };
      return toView(saved, (await this.open(caller.workspaceId, [saved]))[0] ?? null, seesReferences(caller));
    }
    const { source, text } = content;
    return this.values.store(
      row.workspaceId,
      [{ place: placeOf({ id, source }), value: text }],
      async ([one], hold) => {
        const sealed = { ...(one as SealedValue), source };
        await save(sealed, hold);
        return toView({ ...row, ...changed, ...sealed }, text, seesReferences(caller));
      },
    );
  }

  /** @throws DomainError `variable_not_found`; unless it is forced `variable_in_use`, `unavailable` */
  async delete(
    { variableId: id, force }: RequestOf<typeof deleteVariable>,
    context: OperationContext<typeof deleteVariable>,
  ): Promise<ReplyOf<typeof deleteVariable>> {
    const { caller } = context;
    const where = { id, ...inWorkspace(caller) };
    const row = await this.database.read((em) => em.findOne(VariableEntity, where));
    if (row === null) throw new DomainError('variable_not_found');
    if (!force) await requireUnused(this.bus, row.name, context);
    await this.change(caller, 'variable.deleted', { id, name: row.name, kind: row.kind }, async (em) => {
      if ((await em.nativeDelete(VariableEntity, where)) === 0) throw new DomainError('variable_not_found');
    });
    return { variableId: id };
  }

  /**
   * What a variable is to hold; null when nothing is said about it.
   *
   * @throws DomainError when it is not for the caller to say so
   */
  private contentOf(
    { rights, workspaceId }: Caller,
    { value, reference }: { readonly value?: string | undefined; readonly reference?: string | undefined },
    kind: VariableRow['kind'],
  ): { source: VariableRow['source']; text: string } | null {
    if (reference === undefined) return value === undefined ? null : { source: 'value', text: value };
    if (value !== undefined) throw refused('reference', 'ambiguous', 'Give a value or a reference, not both.');
    // What is read from elsewhere is never shown.
    if (kind === 'generic') throw refused('reference', 'invalid', 'Only a credential can have a reference.');
    if (!hasRight(rights, 'credentials:reference')) throw new DomainError('insufficient_permission');
    if (!this.references.isGranted(workspaceId, reference)) throw new DomainError('reference_refused');
    return { source: 'reference', text: reference };
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
  return refused('value', 'required', 'Give the value again: a credential is not made readable without it.');
}

function refused(field: 'value' | 'reference', code: string, message: string): DomainError {
  return new DomainError('invalid_request', { message, issues: [{ path: [field], code, message }] });
}

function seesReferences({ rights }: Caller): boolean {
  return hasRight(rights, 'credentials:view');
}
