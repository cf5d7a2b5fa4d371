import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { dropWorkspace, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { AuditOutbox, Database, query, UuidV7 } from '@flowkeep/persistence';
import { DataKeys } from '../data-keys/data-keys.ts';
import { sealedTables } from '../rotation/sealed-tables.ts';

const tables = sealedTables.filter(({ columns }) => columns.includes('workspace_id')).map(({ name }) => name);

const rowsPerStep = 200;

/** Deletes what is kept for workspaces that ended; without their data keys no backup of the rows alone opens again. */
@Injectable()
export class EndedWorkspaces {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly audit: AuditOutbox,
    private readonly ids: UuidV7,
    private readonly clock: Clock,
  ) {}

  async drop({ workspaceId }: RequestOf<typeof dropWorkspace>): Promise<ReplyOf<typeof dropWorkspace>> {
    let deleted = 0;
    for (const table of tables) deleted += await this.empty(table, workspaceId);
    // Keys last: until nothing is left to open, the work can be taken up again.
    deleted += await this.dropKeys(workspaceId);
    this.dataKeys.forget(workspaceId);
    if (deleted > 0) {
      const event = { id: this.ids.next(), at: this.clock.now(), workspaceId, actorId: null, keyId: null };
      const dropped = { ...event, action: 'workspace.secrets-deleted', subjectId: workspaceId, details: { deleted } };
      await this.database.transaction((em) => this.audit.record(em, dropped));
    }
    return { workspaceId };
  }

  private dropKeys(workspaceId: string): Promise<number> {
    return this.database.transaction(async (em) => {
      await query(
        em,
        'delete from data_key_wrap where data_key_id in (select id from data_key where workspace_id = $1)',
        [workspaceId],
      );
      return (await query(em, 'delete from data_key where workspace_id = $1', [workspaceId])).affected;
    });
  }

  private async empty(table: string, workspaceId: string): Promise<number> {
    const sql = `delete from ${table} where id in
      (select id from ${table} where workspace_id = $1 limit ${rowsPerStep})`;
    let deleted = 0;
    for (let step = rowsPerStep; step === rowsPerStep; deleted += step) {
      step = (await this.database.transaction((em) => query(em, sql, [workspaceId]))).affected;
    }
    return deleted;
  }
}
