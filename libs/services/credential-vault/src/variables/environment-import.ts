import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { type importEnvironment, type ReplyOf, type RequestOf, secretsChanged } from '@flowkeep/contracts';
import { AuditOutbox, Database, query, UuidV7 } from '@flowkeep/persistence';
import { type SealedValue, Values } from '../values.ts';
import { VaultOptions } from '../vault-options.ts';
import { VariableEntity, type VariableRow } from './variable.entity.ts';
import { placeOf } from './variable-view.ts';

interface Imported {
  readonly id: string;
  readonly workspaceId: string;
  readonly userId: string;
  readonly name: string;
  readonly isNew: boolean;
}

/** Variables that come with the server's environment. */
@Injectable()
export class EnvironmentImport {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly bus: Bus,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
    private readonly options: VaultOptions,
  ) {}

  /** Stores what is new and refreshes what came from the environment before; what a person set stays. */
  async import({
    workspaceId,
    userId,
  }: RequestOf<typeof importEnvironment>): Promise<ReplyOf<typeof importEnvironment>> {
    const { environment, importing } = this.options;
    if (!importing || environment.size === 0) return { imported: 0 };
    const rows = await this.database.read((em) =>
      em.find(VariableEntity, { workspaceId, name: { $in: [...environment.keys()] } }),
    );
    const values = await this.values.open(
      workspaceId,
      rows.map((row) => ({ ...row, place: placeOf(row) })),
    );
    const known = new Map(rows.map((row, index) => [row.name, { row, value: values[index] ?? null }]));
    let imported = 0;
    for (const [name, value] of environment) {
      const found = known.get(name);
      if (found !== undefined && (found.row.origin === 'person' || found.value === value)) continue;
      if (await this.store(workspaceId, userId, name, value, found?.row)) imported++;
    }
    if (imported > 0) this.bus.emit(secretsChanged, { workspaceIds: [workspaceId] });
    return { imported };
  }

  private async store(
    workspaceId: string,
    userId: string,
    name: string,
    value: string,
    known: VariableRow | undefined,
  ): Promise<boolean> {
    const id = known?.id ?? this.ids.next();
    return this.values.store(workspaceId, [{ place: placeOf({ id, source: 'value' }), value }], ([sealed], hold) =>
      this.write({ id, workspaceId, userId, name, isNew: known === undefined }, sealed as SealedValue, hold),
    );
  }

  private async write(
    { id, workspaceId, userId, name, isNew }: Imported,
    { dataKeyId, ciphertext, fingerprint }: SealedValue,
    hold: (em: SqlEntityManager) => Promise<void>,
  ): Promise<boolean> {
    const now = this.clock.now();
    return this.database.transaction(async (em) => {
      await hold(em);
      const { affected } = isNew
        ? await query(
            em,
            `insert into variable (id, workspace_id, owner_id, name, kind, data_key_id, ciphertext, fingerprint,
                default_fields, origin, created_at, updated_at)
               values ($1, $2, $3, $4, 'credential', $5, $6, $7, '[]', 'environment', $8, $8)
               on conflict (workspace_id, name) do nothing`,
            [id, workspaceId, userId, name, dataKeyId, ciphertext, fingerprint, now],
          )
        : await query(
            em,
            `update variable set data_key_id = $2, ciphertext = $3, fingerprint = $4, updated_at = $5
               where id = $1 and origin = 'environment'`,
            [id, dataKeyId, ciphertext, fingerprint, now],
          );
      if (affected === 0) return false;
      await this.audit.record(em, {
        id: this.ids.next(),
        at: now,
        workspaceId,
        actorId: null,
        keyId: null,
        action: 'variable.imported',
        subjectId: id,
        details: { name },
      });
      return true;
    });
  }
}
